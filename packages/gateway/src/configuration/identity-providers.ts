import { type IdentityProvider, providerRules, resolveProviderFiles } from '@sallyport/token/verify'
import { fileOf, type GatewayConfig } from './gateway-config.ts'

/** Identity providers by name, as workers get them: paths absolute. */
export type IdentityProviders = Readonly<Record<string, IdentityProvider>>

/** @throws Problem `config_invalid`: see `providerRules` */
export function identityProvidersOf(config: GatewayConfig): IdentityProviders {
  const { identityProviders = {} } = config.value
  providerRules(identityProviders)
  return Object.fromEntries(
    Object.entries(identityProviders).map(([name, provider]) => [
      name,
      resolveProviderFiles(provider, (file) => fileOf(config, file)),
    ]),
  )
}
