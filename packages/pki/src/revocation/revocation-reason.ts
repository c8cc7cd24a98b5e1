/**
 * CRLReason (RFC 5280 §5.3.1) by name. `unspecified` (0) is never written: leaving the extension out
 * says the same. 7 was never given out, and `removeFromCRL` (8) is of delta lists, which we have none of.
 */
export const revocationReasons = {
  keyCompromise: 1,
  cACompromise: 2,
  affiliationChanged: 3,
  superseded: 4,
  cessationOfOperation: 5,
  certificateHold: 6,
  privilegeWithdrawn: 9,
  aACompromise: 10,
} as const
export type RevocationReason = keyof typeof revocationReasons

const byNumber = new Map<number, RevocationReason>(
  Object.entries(revocationReasons).map(([name, number]) => [number, name as RevocationReason]),
)

/** The name of a CRLReason; undefined for 0 and for numbers that a complete list cannot have. */
export function revocationReasonOf(number: number): RevocationReason | undefined {
  return byNumber.get(number)
}

export function isRevocationReason(text: string): text is RevocationReason {
  return Object.hasOwn(revocationReasons, text)
}
