import { createLocalJWKSet, type JWK, jwtVerify } from 'jose'

/** What the authority signs with a key of its feed has this `typ`; which of it, says the member `type`. */
const feedType = 'sallyport-feed+jws'
const documentType = 'assertion-keys'

/** Clocks may be apart by so much. */
const maxAheadSeconds = 60
/** However long the authority says. */
export const maxLifeSeconds = 86_400
const maxKeys = 8_192
const maxAuthorityKeys = 32

/** The keys of gateways that are not revoked, as the authority signed them. */
export type KeyDocument = {
  /** Seconds since 1970. */
  readonly iat: number
  readonly exp: number
  /** Which feed of the authority, and how far it was: the same or more in a newer document. */
  readonly epoch: string
  readonly seq: number
  /** By issuer: one gateway's key never vouches in the name of another. */
  readonly keysOf: ReadonlyMap<string, readonly JWK[]>
  /** What the next documents can be signed with. */
  readonly authorityKeys: readonly JWK[]
}

/**
 * Reads a document, signed by one of these keys, in date.
 *
 * @throws jose's errors, and TypeError which member is not what it must be
 */
export async function readKeyDocument(
  jws: string,
  authorityKeys: readonly JWK[],
  nowMs: number,
): Promise<KeyDocument> {
  const { payload } = await jwtVerify(jws, createLocalJWKSet({ keys: [...authorityKeys] }), {
    algorithms: ['ES256'],
    typ: feedType,
    requiredClaims: ['iss', 'iat', 'exp'],
    currentDate: new Date(nowMs),
  })
  const { type, iss, iat = 0, exp = 0, epoch, seq, keys } = payload
  if (type !== documentType) throw new TypeError(`type: ${documentType} was expected`)
  if (iat > nowMs / 1_000 + maxAheadSeconds) throw new TypeError('iat: it is of the future')
  if (exp <= iat || exp - iat > maxLifeSeconds) throw new TypeError('exp: a day after iat at most')
  if (typeof iss !== 'string' || !iss.startsWith('spiffe://')) throw new TypeError('iss: no name')
  if (typeof epoch !== 'string') throw new TypeError('epoch: no text')
  if (typeof seq !== 'number' || !Number.isSafeInteger(seq)) throw new TypeError('seq: no number')
  return {
    iat,
    exp,
    epoch,
    seq,
    keysOf: byIssuer(listOf(keys, 'keys', maxKeys), `${iss}/gateway/`),
    authorityKeys: readAuthorityKeys(payload['authorityKeys']),
  }
}

/**
 * Whether one document takes the place of another. A revocation raises `seq`, so that it counts also where the
 * clocks of two authorities are apart; a restored store begins another epoch.
 */
export function replaces(next: KeyDocument, held: KeyDocument): boolean {
  if (next.epoch === held.epoch && next.seq !== held.seq) return next.seq > held.seq
  return next.iat > held.iat || (next.iat === held.iat && next.epoch === held.epoch)
}

/**
 * The public keys of the authority: members of a JWK Set (RFC 7517 §5).
 *
 * @throws TypeError where it is no list of keys for ES256
 */
export function readAuthorityKeys(keys: unknown): JWK[] {
  const list = listOf(keys, 'authorityKeys', maxAuthorityKeys)
  if (list.length === 0) throw new TypeError('authorityKeys: there is none')
  return list.map((key) => publicKey(members(key)))
}

function byIssuer(keys: readonly unknown[], prefix: string): ReadonlyMap<string, readonly JWK[]> {
  const keysOf = new Map<string, JWK[]>()
  for (const each of keys) {
    const key = members(each)
    const iss = key['iss']
    if (typeof iss !== 'string' || !iss.startsWith(prefix)) {
      throw new TypeError('keys: one without the name of a gateway')
    }
    keysOf.set(iss, [...(keysOf.get(iss) ?? []), publicKey(key)])
  }
  return keysOf
}

const coordinate = /^[A-Za-z0-9_-]{43}$/

/** Only what is said here is taken over: no private half, and no other algorithm. */
function publicKey(key: Record<string, unknown>): JWK {
  const { kty, crv, x, y, kid } = key
  if (kty !== 'EC' || crv !== 'P-256') throw new TypeError('a key is not of P-256')
  if (typeof x !== 'string' || typeof y !== 'string' || typeof kid !== 'string') {
    throw new TypeError('a key has no x, y or kid')
  }
  if (!coordinate.test(x) || !coordinate.test(y) || kid.length > 100) {
    throw new TypeError('the x, y or kid of a key is not what it must be')
  }
  return { kty, crv, x, y, kid, alg: 'ES256', use: 'sig' }
}

function listOf(value: unknown, name: string, most: number): readonly unknown[] {
  if (!Array.isArray(value)) throw new TypeError(`${name}: no list`)
  if (value.length > most) throw new TypeError(`${name}: more than ${most}`)
  return value as readonly unknown[]
}

function members(value: unknown): Record<string, unknown> {
  if (typeof value === 'object' && value !== null) return value as Record<string, unknown>
  throw new TypeError('a key is no object')
}
