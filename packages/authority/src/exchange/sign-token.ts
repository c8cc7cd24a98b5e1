import { createHash } from 'node:crypto'
import { joseSignature, type SigningKey } from '@sallyport/pki'
import { Problem } from '@sallyport/problem'

/** A key that signs tokens: P-256, known by its thumbprint (RFC 7638). */
export type TokenKey = { readonly kid: string; readonly key: SigningKey }

/** The public half, as it stands in a JWK Set (RFC 7517, RFC 7518 §6.2). */
export type PublicTokenKey = {
  readonly kty: 'EC'
  readonly crv: 'P-256'
  readonly x: string
  readonly y: string
  readonly kid: string
  readonly use: 'sig'
  readonly alg: 'ES256'
}

/** @throws Problem `internal_error` where it is no key of P-256 */
export function publicTokenKey({ publicKey }: Pick<SigningKey, 'publicKey'>): PublicTokenKey {
  const { kty, crv, x, y } = publicKey.export({ format: 'jwk' })
  if (kty !== 'EC' || crv !== 'P-256' || x === undefined || y === undefined) {
    throw new Problem('internal_error', { detail: 'tokens are signed with P-256 alone' })
  }
  // RFC 7638 §3.2: the required members, in the order of their names.
  const thumbprint = createHash('sha256').update(JSON.stringify({ crv, kty, x, y }))
  return { kty, crv, x, y, kid: thumbprint.digest('base64url'), use: 'sig', alg: 'ES256' }
}

/** An access token (RFC 9068) in compact form. */
export async function signToken(
  { kid, key }: TokenKey,
  claims: Readonly<Record<string, unknown>>,
): Promise<string> {
  const header = encode({ alg: 'ES256', typ: 'at+jwt', kid })
  const input = `${header}.${encode(claims)}`
  const signature = joseSignature(await key.sign(Buffer.from(input)), key.keyKind)
  return `${input}.${signature.toString('base64url')}`
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}
