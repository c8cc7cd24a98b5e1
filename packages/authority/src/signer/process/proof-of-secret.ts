import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

/*
 * Who may ask is who can reach the socket: its user. Of one user are often several processes, one of which the
 * network reaches. Where signer and authority share a secret, each proves to the other that it has it, by numbers
 * that both choose anew: nothing that is overheard or recorded is of use, and neither tells the secret. What follows
 * on the connection is not bound to it: whoever can put a socket of his own in the place of the signer's is its user,
 * and sits between.
 */

const nonceBytes = 32
export type Side = 'authority' | 'signer'

export function newNonce(): string {
  return randomBytes(nonceBytes).toString('base64url')
}

/** The proof of one side, base64url. `nonces`: of the signer, then of the authority. */
export function proofOf(secret: string, side: Side, nonces: readonly [string, string]): string {
  const text = ['sallyport-signer-v1', side, ...nonces].join('\0')
  return createHmac('sha256', secret).update(text).digest('base64url')
}

/** Constant-time. `shown` is what the other side sent, of any type. */
export function isProof(
  shown: unknown,
  secret: string,
  side: Side,
  nonces: readonly [string, string],
): boolean {
  const expected = Buffer.from(proofOf(secret, side, nonces))
  const given = Buffer.from(typeof shown === 'string' ? shown : '')
  return given.length === expected.length && timingSafeEqual(given, expected)
}

export function isNonce(value: unknown): value is string {
  return typeof value === 'string' && /^[A-Za-z0-9_-]{43}$/.test(value)
}
