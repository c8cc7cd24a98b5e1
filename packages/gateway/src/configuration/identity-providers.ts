import { isProblem } from '@sallyport/problem'
import {
  filesOfProvider,
  type IdentityProvider,
  type ProviderFile,
  providerRules,
  resolveProviderFiles,
} from '@sallyport/token/configuration'
import { fileOf, type GatewayConfig } from './gateway-config.ts'
import { readNamedBytes } from './pem-files.ts'

/** Identity providers by name, as workers get them: paths absolute. */
export type IdentityProviders = Readonly<Record<string, IdentityProvider>>

/** @throws Problem `config_invalid`: see `providerRules`; `config_unreadable` at the member that names a file */
export function identityProvidersOf(config: GatewayConfig): IdentityProviders {
  const { identityProviders = {} } = config.value
  try {
    providerRules(identityProviders)
  } catch (error) {
    if (!isProblem(error) || error.pointer === undefined) throw error
    const { pointer, detail = '', expected, found } = error
    throw config.problem(pointer, detail, {
      ...(expected === undefined ? {} : { expected }),
      ...(found === undefined ? {} : { found }),
    })
  }
  return Object.fromEntries(
    Object.entries(identityProviders).map(([name, provider]) => {
      for (const named of filesOfProvider(provider)) checkFile(config, name, named)
      return [name, resolveProviderFiles(provider, (file) => fileOf(config, file))]
    }),
  )
}

/** Workers read it when they need it: here it is seen that they can. */
function checkFile(
  config: GatewayConfig,
  name: string,
  { member, file, expected, check }: ProviderFile,
): void {
  const pointer = `/identityProviders/${[name, ...member].join('/')}`
  const bytes = readNamedBytes(config, { pointer, file })
  try {
    check(bytes)
  } catch (error) {
    throw config.problem(pointer, 'the file holds something else', {
      expected,
      found: error instanceof Error ? error.message : String(error),
    })
  }
}
