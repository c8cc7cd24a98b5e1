import type { VerifiedToken } from '@sallyport/token'
import type { TokenExchangeConfig } from '../config/token-exchange-config.ts'

/** What a token that is given out is about. */
export type ExchangedFacts = {
  readonly exchange: TokenExchangeConfig
  readonly appId: string
  readonly deviceId: string
  /** SHA-256 of the certificate that it is bound to, base64url. */
  readonly thumbprint: string
  readonly tokenId: string
  /** What the token of the user is known by in the feed, where it has no id. */
  readonly subjectTokenKey: string
  /** Separated by spaces; undefined: those of the token that is exchanged. */
  readonly scope: string | undefined
  /** When the session was held to be open: what ends the tokens of the device after that ends this one. */
  readonly issuedAt: number
  readonly now: number
}

/** Claims about the token itself and not about its user: ours say it of the new one. */
const replaced: ReadonlySet<string> = new Set(
  `iss sub aud exp nbf iat jti cnf sid client_id scope scp azp typ nonce at_hash c_hash s_hash act
  may_act events subject_token device_id active token_type`.split(/\s+/),
)

/**
 * The claims of the token that a device is given for that of its user (RFC 9068 §2.2, RFC 8693 §2.2):
 * the same user and session, the same roles and whatever else the provider says of them, for no longer,
 * bound to the certificate of the device (RFC 8705 §3.1). `subject_token` says what it was given for, so
 * that it ends with that.
 */
export function exchangedClaims(
  token: VerifiedToken,
  facts: ExchangedFacts,
): { claims: Readonly<Record<string, unknown>>; expiresInSeconds: number } {
  const { exchange, appId, deviceId, thumbprint, tokenId, scope, issuedAt, now } = facts
  const seconds = Math.floor(now / 1_000)
  const latest = seconds + Math.floor(exchange.lifetimeMinutes * 60)
  const expiry = Math.min(latest, Math.floor(token.expiresAt / 1_000))
  const kept = Object.entries(token.claims).filter(([name]) => !replaced.has(name))
  const scopes = scope ?? token.scopes.join(' ')
  const claims = {
    ...Object.fromEntries(kept),
    iss: exchange.issuer,
    sub: token.subject,
    aud: exchange.audience,
    iat: Math.floor(issuedAt / 1_000),
    exp: expiry,
    jti: tokenId,
    client_id: token.clientId ?? appId,
    device_id: deviceId,
    cnf: { 'x5t#S256': thumbprint },
    subject_token: {
      iss: token.issuer,
      ...(token.tokenId === undefined ? { key: facts.subjectTokenKey } : { jti: token.tokenId }),
      // By the provider's clock: an end of what it issued up to a time is held against this.
      ...(typeof token.claims['iat'] === 'number' ? { iat: token.claims['iat'] } : {}),
    },
    ...(token.session === undefined ? {} : { sid: token.session }),
    ...(scopes === '' ? {} : { scope: scopes }),
  }
  // Rounded down: who counts from when it came never has an expired one.
  return { claims, expiresInSeconds: expiry - Math.ceil(now / 1_000) }
}
