import { createHmac } from 'node:crypto'

/** What a key begins with, before its base64 (Standard Webhooks, "Signing secret serialization"). */
const prefix = 'whsec_'
/** Bytes, as the same place has it. */
const [least, most] = [24, 64]

/** The key that a text stands for; undefined where it is none of `whsec_` and 24 to 64 bytes in base64. */
export function readSigningKey(text: string): Buffer | undefined {
  if (!text.startsWith(prefix)) return undefined
  const encoded = text.slice(prefix.length)
  const key = Buffer.from(encoded, 'base64')
  const isExact = key.toString('base64').replace(/=+$/, '') === encoded.replace(/=+$/, '')
  return isExact && key.length >= least && key.length <= most ? key : undefined
}

/** What is sent: the same id each time that the same is sent. */
export type Message = {
  readonly id: string
  readonly body: string
}

/**
 * The headers of a message (Standard Webhooks, "Signature scheme"): `v1`, HMAC-SHA-256 over
 * `id.timestamp.body` in base64, with each key; while keys change there are two.
 *
 * @param now of this attempt, in milliseconds: receivers refuse what is old
 */
export function signMessage(
  { id, body }: Message,
  keys: readonly (string | Uint8Array)[],
  now: number,
): Record<'webhook-id' | 'webhook-timestamp' | 'webhook-signature', string> {
  const timestamp = String(Math.floor(now / 1_000))
  const signatures = keys.map((key) => {
    const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`)
    return `v1,${signature.digest('base64')}`
  })
  return {
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': signatures.join(' '),
  }
}
