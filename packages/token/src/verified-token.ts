/** What a token that was verified says. */
export type VerifiedToken = {
  /** The name of the provider in the configuration. */
  readonly provider: string
  readonly issuer: string
  /** The user: the value of the provider's `subjectClaim`. Unique within the issuer alone. */
  readonly subject: string
  /** All claims, as the provider wrote them. */
  readonly claims: Readonly<Record<string, unknown>>
  /** Milliseconds. */
  readonly expiresAt: number
}
