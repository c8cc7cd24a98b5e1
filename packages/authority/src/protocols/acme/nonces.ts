import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { Problem } from '@sallyport/problem'
import { fromBase64url, toBase64url } from '@sallyport/wire'
import type { Authority } from '../../authority.ts'

/** A client that waits longer between two messages takes a new one, by itself. */
const lifetimeSeconds = 3_600
const randomLength = 12
const expiryLength = 4
const macLength = 16
const length = randomLength + expiryLength + macLength

/**
 * A nonce (RFC 8555 §6.5): 12 random bytes, 4 of expiry, 16 of MAC over both and the app. Nothing is
 * kept of it until it is used, so that whoever asks for a million costs nothing but their making; every
 * authority over the store knows those of the others.
 */
export function makeNonce({ challengeKey, now }: Authority, appId: string): string {
  const body = Buffer.alloc(randomLength + expiryLength)
  randomBytes(randomLength).copy(body)
  body.writeUInt32BE(Math.floor(now() / 1_000) + lifetimeSeconds, randomLength)
  return toBase64url(Buffer.concat([body, mac(challengeKey, appId, body)]))
}

/** A nonce that is ours and in date. Whether it was used, `useNonce` says. */
export type Nonce = { readonly text: string; readonly expiresAt: number }

/** @throws Problem `acme_nonce_refused` */
export function readNonce({ challengeKey, now }: Authority, appId: string, text: unknown): Nonce {
  const bytes = typeof text === 'string' ? fromBase64url(text) : undefined
  if (bytes?.length !== length || typeof text !== 'string') throw refused('none')
  const body = Buffer.from(bytes.subarray(0, randomLength + expiryLength))
  if (!timingSafeEqual(mac(challengeKey, appId, body), bytes.subarray(body.length))) {
    throw refused('one of nobody here')
  }
  const expiresAt = body.readUInt32BE(randomLength) * 1_000
  if (expiresAt <= now()) throw refused('one that is too old')
  return { text, expiresAt }
}

/**
 * Uses a nonce up, before anything is done for its message, for all authorities over the store.
 *
 * @throws Problem `acme_nonce_refused` where it was used
 */
export async function useNonce({ store }: Authority, { text, expiresAt }: Nonce): Promise<void> {
  const { numInsertedOrUpdatedRows } = await store.write((tx) =>
    tx
      .insertInto('acme_nonces')
      .values({ nonce: text, keep_until: expiresAt })
      .onConflict((conflict) => conflict.doNothing())
      .executeTakeFirst(),
  )
  if (numInsertedOrUpdatedRows !== 1n) throw refused('one that was used')
}

/** App ids hold no NUL, and bodies have one length. */
function mac(key: Uint8Array, appId: string, body: Uint8Array): Buffer {
  return createHmac('sha256', key)
    .update(`sallyport-acme-nonce-v1\0${appId}\0`)
    .update(body)
    .digest()
    .subarray(0, macLength)
}

function refused(found: string): Problem {
  return new Problem('acme_nonce_refused', { expected: 'a nonce of this authority', found })
}
