/** What became of the access tokens that a worker was brought, since it was started. */
export type TokenCounts = {
  /** Known, and still good: nothing was verified. */
  found: number
  verified: number
  failed: number
}
