import type { IdentityProvider } from './identity-provider.ts'

const files = ['jwksFile', 'caFile'] as const
const introspectionFiles = ['clientSecretFile', 'privateKeyFile', 'certificateFile'] as const

/** Each file that a provider names, and the steps to the member below the provider. */
export function filesOfProvider(
  provider: IdentityProvider,
): readonly { readonly member: readonly string[]; readonly file: string }[] {
  const { introspection = {} } = provider
  return [
    ...files.map((name) => ({ member: [name], file: provider[name] })),
    ...introspectionFiles.map((name) => ({
      member: ['introspection', name],
      file: (introspection as IdentityProvider['introspection'])?.[name],
    })),
  ].flatMap(({ member, file }) => (file === undefined ? [] : [{ member, file }]))
}

/** The same provider, with each file that it names as `resolve` makes it: relative to the configuration. */
export function resolveProviderFiles(
  provider: IdentityProvider,
  resolve: (file: string) => string,
): IdentityProvider {
  const { introspection } = provider
  return {
    ...resolved(provider, files, resolve),
    ...(introspection === undefined
      ? {}
      : { introspection: resolved(introspection, introspectionFiles, resolve) }),
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
