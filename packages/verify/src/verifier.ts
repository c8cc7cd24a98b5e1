import { timingSafeEqual } from 'node:crypto'
import { errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose'
import { assertionType, claimedIssuer, targetHash } from './assertion.ts'
import { authoritySource } from './authority-source.ts'
import { type GatewayIdentity, identityFrom } from './identity.ts'
import { keySource } from './key-source.ts'
import type { KeysHealth } from './keys-health.ts'
import { checkOptions, type VerifierOptions } from './options.ts'
import { Refusal } from './refusal.ts'
import { ReplayMemory } from './replay-memory.ts'
import { tell } from './tell.ts'

/** What an assertion is held against. */
export type RequestHead = {
  readonly method: string
  /** Path and query as they came over the wire, before any router or mount point changed them. */
  readonly target: string
  /** The same in another spelling, where a runtime may have changed the one on the wire. */
  readonly orTarget?: string | undefined
  /** The value of `Sallyport-Assertion`; undefined or empty where there is none. */
  readonly assertion: string | undefined
}

export type Verifier = {
  /**
   * Who sent a request.
   *
   * @throws Refusal with its code; nothing else
   */
  readonly verify: (head: RequestHead) => Promise<GatewayIdentity>
  /** How it stands with the authority's word; undefined where gateways are listed one by one. */
  readonly health: () => KeysHealth | undefined
  /** Follows the authority no more. A process ends without it. */
  readonly close: () => void
}

const requiredClaims = ['iss', 'aud', 'iat', 'exp', 'jti', 'htm', 'pth']

/**
 * Verifies that requests came through one of the listed gateways, each by its own keys, for this
 * service, just now, and for this very method and path. Content is not covered.
 *
 * @throws TypeError where the options make no sense
 */
export function createVerifier(options: VerifierOptions): Verifier {
  const { audience, gateways, authority, replay, onRefused, now, ...bounds } = checkOptions(options)
  const { maxAgeSeconds, clockToleranceSeconds, maxRemembered } = bounds
  const sources = new Map(gateways.map((keys) => [keys.issuer, keySource(keys, now)]))
  const followed = authority && authoritySource(authority, now)
  const memory = replay === 'allow' ? undefined : new ReplayMemory(maxRemembered)

  const claimsOf = async (token: string): Promise<JWTPayload> => {
    const issuer = claimedIssuer(token)
    const source = await (followed?.keysOf(issuer) ?? sources.get(issuer))
    if (source === undefined) throw new Refusal('assertion_invalid', 'its issuer is not listed')
    return verifiedClaims(token, source, issuer)
  }
  const verifiedClaims = async (token: string, source: JWTVerifyGetKey, issuer: string) => {
    try {
      const { payload } = await jwtVerify(token, source, {
        algorithms: ['ES256'],
        typ: assertionType,
        issuer,
        audience,
        requiredClaims,
        maxTokenAge: maxAgeSeconds,
        clockTolerance: clockToleranceSeconds,
        currentDate: new Date(now()),
      })
      return payload
    } catch (error) {
      throw asRefusal(error)
    }
  }

  // The second that it is in is whole (RFC 7519 §2), and clocks are apart.
  const usableUntil = ({ exp = 0, iat = 0 }: JWTPayload): number =>
    (Math.min(exp, iat + maxAgeSeconds) + clockToleranceSeconds + 1) * 1_000

  const verify = async ({
    method,
    target,
    orTarget,
    assertion,
  }: RequestHead): Promise<GatewayIdentity> => {
    if (assertion === undefined || assertion === '') {
      throw new Refusal('assertion_missing', 'there is no Sallyport-Assertion')
    }
    const claims = await claimsOf(assertion)
    if (claims['htm'] !== method) {
      throw new Refusal('assertion_mismatch', 'it was made for another method')
    }
    const targets = orTarget === undefined ? [target] : [target, orTarget]
    if (!targets.some((one) => isEqual(claims['pth'], targetHash(one)))) {
      throw new Refusal('assertion_mismatch', 'it was made for another path or query')
    }
    const identity = identityFrom(claims)
    memory?.take(`${identity.gateway} ${identity.requestId}`, usableUntil(claims), now())
    return identity
  }
  return {
    health: () => followed?.health(),
    close: () => followed?.close(),
    verify: async (head) => {
      try {
        return await verify(head)
      } catch (error) {
        const refusal = asRefusal(error)
        tell(onRefused, refusal)
        throw refusal
      }
    },
  }
}

function isEqual(claim: unknown, expected: string): boolean {
  if (typeof claim !== 'string' || claim.length !== expected.length) return false
  return timingSafeEqual(Buffer.from(claim, 'latin1'), Buffer.from(expected, 'latin1'))
}

/** jose's errors by class; whatever else breaks is no reason to let a request through. */
function asRefusal(error: unknown): Refusal {
  if (error instanceof Refusal) return error
  const why = error instanceof Error ? error.message : String(error)
  if (error instanceof errors.JWTExpired) return new Refusal('assertion_expired', why)
  if (error instanceof errors.JWTClaimValidationFailed && error.claim === 'aud') {
    return new Refusal('assertion_mismatch', 'it was made for another audience')
  }
  return new Refusal('assertion_invalid', why, { cause: error })
}
