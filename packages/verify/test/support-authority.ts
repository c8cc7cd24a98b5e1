import { exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose'

/** A key that the feed is signed with, by other hands than the authority's. */
export type AuthoritySigner = {
  readonly jwk: JWK
  readonly sign: (payload: object, header?: Record<string, unknown>) => Promise<string>
}

export async function createAuthoritySigner(kid = 'feed'): Promise<AuthoritySigner> {
  const { publicKey, privateKey } = await generateKeyPair('ES256')
  const jwk = { ...(await exportJWK(publicKey)), kid, alg: 'ES256', use: 'sig' }
  const sign: AuthoritySigner['sign'] = (payload, header = {}) =>
    new SignJWT({ ...payload })
      .setProtectedHeader({ alg: 'ES256', typ: 'sallyport-feed+jws', kid, ...header })
      .sign(privateKey)
  return { jwk, sign }
}

/** The keys of gateways, by issuer, as the authority publishes them. */
export function documentOf(
  authority: AuthoritySigner,
  keys: Readonly<Record<string, readonly JWK[]>>,
  claims: Record<string, unknown> = {},
  header: Record<string, unknown> = {},
): Promise<string> {
  const iat = Number(claims['iat'] ?? Math.floor(Date.now() / 1_000))
  const all = {
    type: 'assertion-keys',
    iss: 'spiffe://example.com',
    iat,
    exp: iat + 900,
    epoch: 'epo_a',
    seq: 1,
    keys: Object.entries(keys).flatMap(([iss, list]) => list.map((jwk) => ({ ...jwk, iss }))),
    authorityKeys: [authority.jwk],
    ...claims,
  }
  return authority.sign(all, header)
}
