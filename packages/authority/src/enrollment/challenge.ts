import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { Problem } from '@sallyport/problem'
import { fromBase64url, type Purpose, toBase64url } from '@sallyport/wire'

const lifetimeSeconds = 300
const randomLength = 12
const expiryLength = 4
const macLength = 16
const length = randomLength + expiryLength + macLength

export type ChallengeScope = { appId: string; purpose: Purpose }

/** A challenge that this authority made. */
export type Challenge = {
  /** Its one text form; base64url. */
  readonly text: string
  readonly bytes: Uint8Array
  readonly expiresAt: number
}

/**
 * A new challenge: 12 random bytes, 4 of expiry (seconds since 1970, big endian), 16 of MAC over
 * both, the app and the purpose. Nothing is kept of it.
 */
export function makeChallenge(key: Uint8Array, scope: ChallengeScope, now: number): Challenge {
  const body = Buffer.alloc(randomLength + expiryLength)
  randomBytes(randomLength).copy(body)
  const expirySeconds = Math.floor(now / 1_000) + lifetimeSeconds
  body.writeUInt32BE(expirySeconds, randomLength)
  const bytes = Buffer.concat([body, mac(key, scope, body)])
  return { text: toBase64url(bytes), bytes, expiresAt: expirySeconds * 1_000 }
}

/**
 * The challenge that a text is. Not checked: whether it has expired, whether it was used; a message
 * that is sent again is answered after its challenge has expired, too.
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
  if (!timingSafeEqual(mac(key, scope, body), bytes.subarray(body.length))) {
    throw new Problem('challenge_forged', {
      expected: `a challenge of this authority for app ${scope.appId}, purpose ${scope.purpose}`,
      found: 'a MAC that does not verify',
    })
  }
  const expirySeconds = Buffer.from(body).readUInt32BE(randomLength)
  return { text, bytes, expiresAt: expirySeconds * 1_000 }
}

/** @throws Problem `challenge_expired` */
export function refuseExpired(challenge: Challenge, now: number): void {
  if (challenge.expiresAt > now) return
  throw new Problem('challenge_expired', {
    expected: `use before ${new Date(challenge.expiresAt).toISOString()}`,
    found: new Date(now).toISOString(),
  })
}

/** App id and purpose hold no NUL, so that the text has one reading. */
function mac(key: Uint8Array, scope: ChallengeScope, body: Uint8Array): Buffer {
  return createHmac('sha256', key)
    .update(`sallyport-challenge-v1\0${scope.purpose}\0${scope.appId}\0`)
    .update(body)
    .digest()
    .subarray(0, macLength)
}
