/**
 * What a role's process may know of the environment: an allow-list, because a secret has any name.
 * SALLYPORT_PASSPHRASE and SALLYPORT_ADMIN_TOKEN are on no list.
 */
const allowedNames: ReadonlySet<string> = new Set([
  'PATH',
  'HOME',
  'USER',
  'LANG',
  'LANGUAGE',
  'TZ',
  'TMPDIR',
  'TERM',
  'NO_COLOR',
  'FORCE_COLOR',
  'HOSTNAME',
  'LD_LIBRARY_PATH',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
])
const allowedPrefixes = ['LC_', 'NODE_', 'UV_', 'OTEL_']

/** The part of an environment that a role's process is started with. */
export function roleEnvironment(
  environment: NodeJS.ProcessEnv,
  also: readonly string[] = [],
): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(environment).filter(
      ([name]) =>
        allowedNames.has(name) ||
        also.includes(name) ||
        allowedPrefixes.some((prefix) => name.startsWith(prefix)),
    ),
  )
}

/** The environment variable with the passphrase of the CA's keys. The authority alone is given it. */
export const passphraseVariable = 'SALLYPORT_PASSPHRASE'
