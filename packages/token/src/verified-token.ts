/** What a token that was verified says: the same of every provider and every kind of token. */
export type VerifiedToken = {
  /** The name of the provider in the configuration. */
  readonly provider: string
  readonly issuer: string
  /** The user: the value of the provider's `subjectClaim`. Unique within the issuer alone. */
  readonly subject: string
  /** `jti`: unique within the issuer. */
  readonly tokenId: string | undefined
  /** The sign-in that it came from: the value of the provider's `sessionClaim`. */
  readonly session: string | undefined
  /** The OAuth client that it was issued to: `client_id` (RFC 9068 §2.2), or else `azp`. */
  readonly clientId: string | undefined
  readonly scopes: readonly string[]
  /** Which key its bearer must prove to hold. Empty: whoever has the token may use it. */
  readonly confirmation: Confirmation
  /** All claims, as the provider wrote them. */
  readonly claims: Readonly<Record<string, unknown>>
  /** Milliseconds, as all times here. Where an introspected token does not tell: when it was asked. */
  readonly issuedAt: number
  readonly expiresAt: number
  /** When the user last authenticated: `auth_time`. */
  readonly authTime: number | undefined
  /**
   * Until when this verdict may be remembered by the token's bytes: until it expires, or sooner where a
   * provider would not know by then. A caller that remembers compares `keysVersion` as well.
   */
  readonly goodUntil: number
}

/** Thumbprints of keys that a token is bound to (RFC 7800 §3.1): 43 characters of base64url each. */
export type Confirmation = {
  /** SHA-256 of a client certificate in DER (RFC 8705 §3.1). */
  readonly x5tS256?: string
  /** SHA-256 of the public key as JWK (RFC 9449 §6.1). */
  readonly jkt?: string
}
