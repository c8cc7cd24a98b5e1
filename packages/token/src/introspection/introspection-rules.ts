import { configProblem, type Problem } from '@sallyport/problem'
import { outgoingUrl } from '../outgoing/outgoing-url.ts'
import type { IntrospectionConfig } from './introspection-config.ts'

/** Names as OAuth registers them (token endpoint authentication methods, RFC 7591 §2, RFC 8705 §2.1). */
export const clientAuthenticationNames = [
  'client_secret_basic',
  'client_secret_post',
  'private_key_jwt',
  'tls_client_auth',
] as const
export type ClientAuthenticationName = (typeof clientAuthenticationNames)[number]

export const clientAssertionAlgorithms = [
  'ES256',
  'ES384',
  'ES512',
  'PS256',
  'RS256',
  'EdDSA',
] as const

type CredentialMember =
  | 'clientSecretFile'
  | 'privateKeyFile'
  | 'certificateFile'
  | 'keyId'
  | 'algorithm'

/** Of each way to authenticate: what it needs, and what else it may have. Other members contradict it. */
const credentialsOf: Readonly<
  Record<
    ClientAuthenticationName,
    { needs: readonly CredentialMember[]; takes: readonly CredentialMember[] }
  >
> = {
  client_secret_basic: { needs: ['clientSecretFile'], takes: [] },
  client_secret_post: { needs: ['clientSecretFile'], takes: [] },
  private_key_jwt: { needs: ['privateKeyFile'], takes: ['keyId', 'algorithm'] },
  tls_client_auth: { needs: ['certificateFile', 'privateKeyFile'], takes: [] },
}
const credentialMembers: readonly CredentialMember[] = [
  'clientSecretFile',
  'privateKeyFile',
  'certificateFile',
  'keyId',
  'algorithm',
]

/** How a provider is asked about tokens: its configuration, defaults filled in. */
export type IntrospectionRules = {
  /** Undefined: as its metadata says. */
  readonly url: URL | undefined
  readonly authentication: ClientAuthenticationName
  readonly credentials: Pick<IntrospectionConfig, 'clientId' | CredentialMember>
  readonly isAlways: boolean
  readonly requiresAudience: boolean
  readonly cacheMs: number
  readonly negativeCacheMs: number
  readonly cacheEntries: number
  readonly timeoutMs: number
}

/**
 * @param path steps to the member `introspection`
 * @throws Problem `config_invalid` where credentials are missing, or there for another way to authenticate
 */
export function introspectionRules(
  config: IntrospectionConfig,
  path: readonly string[],
): IntrospectionRules {
  const authentication = config.authentication ?? 'client_secret_basic'
  checkCredentials(config, authentication, path)
  const url = config.url === undefined ? undefined : outgoingUrl(config.url)
  if (config.url !== undefined && url === undefined) {
    throw invalid([...path, 'url'], 'https, or http on this machine, and no password', config.url)
  }
  if (authentication === 'tls_client_auth' && url !== undefined && url.protocol !== 'https:') {
    throw invalid([...path, 'url'], 'https, as a client certificate is presented', url.href)
  }
  return {
    url,
    authentication,
    credentials: config,
    isAlways: config.always ?? false,
    requiresAudience: config.requireAudience ?? true,
    cacheMs: (config.cacheSeconds ?? 30) * 1_000,
    negativeCacheMs: (config.negativeCacheSeconds ?? 10) * 1_000,
    cacheEntries: config.cacheEntries ?? 10_000,
    timeoutMs: config.timeoutMs ?? 3_000,
  }
}

function checkCredentials(
  config: IntrospectionConfig,
  authentication: ClientAuthenticationName,
  path: readonly string[],
): void {
  const { needs, takes } = credentialsOf[authentication]
  const missing = needs.find((member) => config[member] === undefined)
  if (missing !== undefined) throw invalid(path, `${missing}, for ${authentication}`, 'none')
  const foreign = credentialMembers.find(
    (member) => config[member] !== undefined && !needs.includes(member) && !takes.includes(member),
  )
  if (foreign !== undefined) {
    throw invalid([...path, foreign], `no ${foreign}: ${authentication} does not use it`, 'one')
  }
}

function invalid(path: readonly string[], expected: string, found: string): Problem {
  return configProblem('config_invalid', path, 'it cannot be used', { expected, found })
}
