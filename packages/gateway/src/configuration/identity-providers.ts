import { type IdentityProvider, providerRules } from '@sallyport/token/verify'
import { fileOf, type GatewayConfig } from './gateway-config.ts'

/** Identity providers by name, as workers get them: paths absolute. */
export type IdentityProviders = Readonly<Record<string, IdentityProvider>>

/** @throws Problem `config_invalid`: see `providerRules` */
export function identityProvidersOf(config: GatewayConfig): IdentityProviders {
  const { identityProviders = {} } = config.value
  providerRules(identityProviders)
  return Object.fromEntries(
    Object.entries(identityProviders).map(([name, provider]) => {
      const { jwksFile } = provider
      return [
        name,
        jwksFile === undefined ? provider : { ...provider, jwksFile: fileOf(config, jwksFile) },
      ]
    }),
  )
}
