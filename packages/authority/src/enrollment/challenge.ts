import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { Problem } from '@sallyport/problem'
import { fromBase64url, type Purpose, toBase64url } from '@sallyport/wire'

const lifetimeSeconds = 300
const randomLength = 12
const expiryLength = 4
const macLength = 16
const length = randomLength + expiryLength + macLength

export type ChallengeScope = {
  appId: string
  purpose: Purpose
  /** The TLS exporter value of the connection that it is bound to (RFC 9266 §2); absent: to none. */
  connection?: Uint8Array | undefined
}

/** A challenge that this authority made. */
export type Challenge = {
  /** Its one text form; base64url. */
  readonly text: string
  readonly bytes: Uint8Array
  readonly expiresAt: number
  /** False where it should be bound to this connection and is not: it may have been used, and no more. */
  readonly isOfConnection: boolean
}

/**
 * A new challenge: 12 random bytes, 4 of expiry (seconds since 1970, big endian), 16 of MAC over
 * both, the app, the purpose and, where it is bound, the connection. Nothing is kept of it.
 */
export function makeChallenge(key: Uint8Array, scope: ChallengeScope, now: number): Challenge {
  const body = Buffer.alloc(randomLength + expiryLength)
  randomBytes(randomLength).copy(body)
  const expirySeconds = Math.floor(now / 1_000) + lifetimeSeconds
  body.writeUInt32BE(expirySeconds, randomLength)
  const bytes = Buffer.concat([body, mac(key, scope, body)])
  const expiresAt = expirySeconds * 1_000
  return { text: toBase64url(bytes), bytes, expiresAt, isOfConnection: true }
}

/**
 * The challenge that a text is. Not checked: whether it has expired, whether it was used; a message
 * that is sent again is answered after its challenge has expired, too, and over another connection:
 * a bound challenge whose MAC does not verify here is told of by `refuseOtherConnection`
 * alone.
 *
 * @throws Problem `challenge_malformed`, `challenge_forged`
 */
export function openChallenge(key: Uint8Array, scope: ChallengeScope, text: string): Challenge {
  const bytes = fromBase64url(text)
  if (bytes === undefined || bytes.length !== length) {
    throw new Problem('challenge_malformed', {
      expected: `${length} bytes in base64url`,
      found: `${text.length} characters`,
    })
  }
  const body = bytes.subarray(0, randomLength + expiryLength)
  const isOfConnection = timingSafeEqual(mac(key, scope, body), bytes.subarray(body.length))
  if (!isOfConnection && scope.connection === undefined) {
    throw new Problem('challenge_forged', {
      expected: `a challenge of this authority for app ${scope.appId}, purpose ${scope.purpose}`,
      found: 'a MAC that does not verify',
    })
  }
  const expirySeconds = Buffer.from(body).readUInt32BE(randomLength)
  return { text, bytes, expiresAt: expirySeconds * 1_000, isOfConnection }
}

/**
 * Refuses a challenge that is bound to another connection, or forged: the two look alike. In mode
 * `shadow` too, for a challenge that nobody checks would make old evidence new.
 *
 * @throws Problem `challenge_connection_mismatch`
 */
export function refuseOtherConnection(challenge: Challenge): void {
  if (challenge.isOfConnection) return
  throw new Problem('challenge_connection_mismatch', {
    expected: 'the challenge that was handed out on this TLS connection',
    found: 'a MAC that does not verify with its exporter value',
  })
}

/** @throws Problem `challenge_expired` */
export function refuseExpired(challenge: Challenge, now: number): void {
  if (challenge.expiresAt > now) return
  throw new Problem('challenge_expired', {
    expected: `use before ${new Date(challenge.expiresAt).toISOString()}`,
    found: new Date(now).toISOString(),
  })
}

/** App id and purpose hold no NUL and body and connection have one length, so that there is one reading. */
function mac(key: Uint8Array, scope: ChallengeScope, body: Uint8Array): Buffer {
  const { purpose, appId, connection } = scope
  const label = connection === undefined ? 'challenge-v1' : 'bound-challenge-v1'
  return createHmac('sha256', key)
    .update(`sallyport-${label}\0${purpose}\0${appId}\0`)
    .update(body)
    .update(connection ?? '')
    .digest()
    .subarray(0, macLength)
}
