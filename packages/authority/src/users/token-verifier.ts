import { resolvePath } from '@sallyport/config'
import {
  createTokenVerifier,
  type IdentityProvider,
  resolveProviderFiles,
  type TokenVerifier,
} from '@sallyport/token'
import type { Logger } from 'pino'

type Surroundings = {
  /** What the files of providers are relative to. */
  directory: string
  log: Logger
  now: () => number
}

/**
 * What verifies the tokens of users, over changes of the configuration: where the providers are the
 * same, so is the verifier, with the keys that it holds should a provider be away.
 */
export function tokenVerifiers(surroundings: Surroundings) {
  let current: { providers: string; verifier: TokenVerifier } | undefined

  /** @throws Problem `config_invalid` */
  return (identityProviders: Readonly<Record<string, IdentityProvider>>): TokenVerifier => {
    const providers = JSON.stringify(identityProviders)
    if (current?.providers !== providers) {
      current = { providers, verifier: verifierOf(identityProviders, surroundings) }
    }
    return current.verifier
  }
}

function verifierOf(
  identityProviders: Readonly<Record<string, IdentityProvider>>,
  { directory, log, now }: Surroundings,
): TokenVerifier {
  const resolved = Object.entries(identityProviders).map(
    ([name, provider]) =>
      [name, resolveProviderFiles(provider, (file) => resolvePath(directory, file))] as const,
  )
  return createTokenVerifier({
    providers: Object.fromEntries(resolved),
    now,
    onUnavailable: (provider, { message, found }) => {
      log.warn({ provider, found }, message)
    },
  })
}
