import { createPrivateKey, X509Certificate } from 'node:crypto'
import type { IdentityProvider } from './identity-provider.ts'
import { readKeySet } from './key-set-text.ts'

type FileCheck = {
  /** What it must hold. */
  readonly expected: string
  /** @throws Error where it holds something else */
  check(bytes: Uint8Array): unknown
}

const certificates: FileCheck = {
  expected: 'certificates in PEM',
  check: (bytes) => new X509Certificate(bytes),
}

/** The members of a provider, and of its introspection, that name files. */
const providerFiles = {
  jwksFile: { expected: 'a JWK Set (RFC 7517 §5)', check: readKeySet },
  caFile: certificates,
} as const satisfies Record<string, FileCheck>
const introspectionFiles = {
  clientSecretFile: { expected: 'a secret', check: refuseEmpty },
  privateKeyFile: {
    expected: 'a private key in PEM',
    check: (bytes: Uint8Array) => createPrivateKey(Buffer.from(bytes)),
  },
  certificateFile: certificates,
} as const satisfies Record<string, FileCheck>

/** A file that a provider names. */
export type ProviderFile = FileCheck & {
  /** Steps to the member, below the provider. */
  readonly member: readonly string[]
  readonly file: string
}

export function filesOfProvider(provider: IdentityProvider): readonly ProviderFile[] {
  const { introspection } = provider
  return [
    ...namesOf(providerFiles).map((name) => ({
      ...providerFiles[name],
      member: [name],
      file: provider[name],
    })),
    ...namesOf(introspectionFiles).map((name) => ({
      ...introspectionFiles[name],
      member: ['introspection', name],
      file: introspection?.[name],
    })),
  ].flatMap(({ file, ...rest }) => (file === undefined ? [] : [{ ...rest, file }]))
}

/** The same provider, with each file that it names as `resolve` makes it: relative to the configuration. */
export function resolveProviderFiles(
  provider: IdentityProvider,
  resolve: (file: string) => string,
): IdentityProvider {
  const { introspection } = provider
  return {
    ...resolved(provider, namesOf(providerFiles), resolve),
    ...(introspection === undefined
      ? {}
      : { introspection: resolved(introspection, namesOf(introspectionFiles), resolve) }),
  }
}

function resolved<T extends object>(
  whole: T,
  names: readonly (keyof T)[],
  resolve: (file: string) => string,
): T {
  const changed = names
    .filter((name) => typeof whole[name] === 'string')
    .map((name) => [name, resolve(String(whole[name]))] as const)
  return { ...whole, ...Object.fromEntries(changed) }
}

function refuseEmpty(bytes: Uint8Array): void {
  if (Buffer.from(bytes).toString('utf8').trimEnd() === '') throw new Error('nothing')
}

const namesOf = <T extends object>(table: T) => Object.keys(table) as (keyof T)[]
