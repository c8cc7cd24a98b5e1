import { createHash } from 'node:crypto'
import { Refusal } from './refusal.ts'

/** The header field that carries a gateway's signed word about a request: a JWT (RFC 7519). */
export const assertionField = 'Sallyport-Assertion'

/** Its `typ`: no JWT that was made for another purpose passes for one (RFC 8725 §3.11). */
export const assertionType = 'sallyport-assertion+jwt'

/** Ours are below 1 KiB; a header section is 16 KiB in Node, and a hash costs what it is fed. */
const maxCharacters = 8_192
// 64 bytes in the one accepted form: of the last character two bits are theirs, and four are 0.
const compactForm = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]{85}[AQgw]$/

/**
 * The issuer that a token claims, to find out whose keys it must be held against. Nothing is verified
 * yet: what comes out is believed only when those keys fit.
 *
 * @throws Refusal `assertion_invalid`
 */
export function claimedIssuer(token: string): string {
  if (token.length > maxCharacters) throw new Refusal('assertion_invalid', 'it is too long')
  if (!compactForm.test(token)) {
    throw new Refusal('assertion_invalid', 'it is no compact JWS of one ES256 signature')
  }
  const [, payload = ''] = token.split('.')
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'))
    if (typeof claims === 'object' && claims !== null && 'iss' in claims) {
      if (typeof claims.iss === 'string') return claims.iss
    }
  } catch {
    throw new Refusal('assertion_invalid', 'its payload is no JSON')
  }
  throw new Refusal('assertion_invalid', 'it names no issuer')
}

/** Claim `pth`: base64url SHA-256 of path and query as the service was asked for them. */
export function targetHash(target: string): string {
  return createHash('sha256').update(target, 'latin1').digest('base64url')
}
