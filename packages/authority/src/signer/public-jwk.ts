import { createHash, createPublicKey, type KeyObject } from 'node:crypto'
import { Problem } from '@sallyport/problem'

/** The public half of a key of P-256, as it stands in a JWK Set (RFC 7517, RFC 7518 §6.2). */
export type PublicTokenKey = {
  readonly kty: 'EC'
  readonly crv: 'P-256'
  readonly x: string
  readonly y: string
  /** RFC 7638. */
  readonly kid: string
  readonly use: 'sig'
  readonly alg: 'ES256'
}

/** @throws Problem `internal_error` where it is no key of P-256 */
export function publicTokenKey({ publicKey }: { publicKey: KeyObject }): PublicTokenKey {
  const { kty, crv, x, y } = publicKey.export({ format: 'jwk' })
  if (kty !== 'EC' || crv !== 'P-256' || x === undefined || y === undefined) {
    throw new Problem('internal_error', { detail: 'a JWS is signed with P-256 alone' })
  }
  // RFC 7638 §3.2: the required members, in the order of their names.
  const thumbprint = createHash('sha256').update(JSON.stringify({ crv, kty, x, y }))
  return { kty, crv, x, y, kid: thumbprint.digest('base64url'), use: 'sig', alg: 'ES256' }
}

/** The same of a key's DER SubjectPublicKeyInfo. */
export function publicJwkOf(spki: Uint8Array): PublicTokenKey {
  return publicTokenKey({
    publicKey: createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' }),
  })
}
