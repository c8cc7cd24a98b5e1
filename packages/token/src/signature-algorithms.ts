/**
 * The JWS algorithms that a provider may be configured with (RFC 7518 §3.1, RFC 8037, RFC 9864). All
 * are of key pairs: with `none` or an HMAC among them, whoever knows a public key could sign
 * (RFC 8725 §2.1).
 */
export const signatureAlgorithmNames = [
  'ES256',
  'ES384',
  'ES512',
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'EdDSA',
  'Ed25519',
] as const
