import type { ProofRules } from '@sallyport/token/binding'
import { compileChallenges, type Challenges } from './challenges.ts'
import type { TokenQuestion } from './tokens.ts'
import {
  type Binding,
  type CertificateBinding,
  dpopDefaults,
  tokenDefaults,
  type TokenSettings,
} from './token-settings.ts'

/** The settings of the token stage on a route, with their defaults, in the form that requests need. */
export type TokenRules = {
  readonly isRequired: boolean
  readonly question: TokenQuestion
  /** Undefined: all. */
  readonly providers: ReadonlySet<string> | undefined
  readonly binding: Binding
  readonly certificateBinding: CertificateBinding
  readonly overlapMs: number
  readonly proof: ProofRules
  readonly consumesProofs: boolean
  readonly publicOrigin: string | undefined
  readonly acr: ReadonlySet<string> | undefined
  readonly maxAgeMs: number | undefined
  readonly forwardsToken: boolean
  /** Whether clients that pass are given nonces. */
  readonly tellsNonces: boolean
  readonly challenges: Challenges
}

export function tokenRules(settings: TokenSettings, realm: string): TokenRules {
  const { providers, acr, maxAgeSeconds, dpop = {}, mode } = settings
  const nonce = dpop.nonce ?? dpopDefaults.nonce
  const algorithms = dpop.algorithms ?? dpopDefaults.algorithms
  const binding = settings.binding ?? tokenDefaults.binding
  const whenAway = settings.whenProviderAway ?? tokenDefaults.whenProviderAway
  const forwardToken = settings.forwardToken ?? tokenDefaults.forwardToken
  // Who only looks on changes neither what the service gets nor what the client is answered.
  const isShadow = mode === 'shadow'
  return {
    isRequired: settings.required ?? tokenDefaults.required,
    question: { providers, whenAway, id: JSON.stringify([providers?.toSorted(), whenAway]) },
    providers: providers === undefined ? undefined : new Set(providers),
    binding,
    certificateBinding: settings.certificateBinding ?? tokenDefaults.certificateBinding,
    overlapMs: (settings.overlapMinutes ?? tokenDefaults.overlapMinutes) * 60_000,
    proof: {
      algorithms: new Set(algorithms),
      nonce,
      windowMs: (dpop.windowSeconds ?? dpopDefaults.windowSeconds) * 1_000,
    },
    consumesProofs: (dpop.mode ?? dpopDefaults.mode) === 'consume',
    publicOrigin: dpop.publicOrigin,
    acr: acr === undefined ? undefined : new Set(acr),
    maxAgeMs: maxAgeSeconds === undefined ? undefined : maxAgeSeconds * 1_000,
    forwardsToken: isShadow || forwardToken === 'keep',
    tellsNonces: !isShadow && nonce !== 'off',
    challenges: compileChallenges({ realm, binding, algorithms, acr, maxAgeSeconds }),
  }
}
