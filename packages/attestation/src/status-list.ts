/** One entry of Google's list of attestation keys that are no longer good. */
export type StatusListEntry = {
  /** `REVOKED` and `SUSPENDED` both refuse, and so does a word of tomorrow. */
  readonly status: string
  readonly reason: string | undefined
}

/** By serial number in lower-case hex without leading zeros; keys of digits alone are hex too. */
export type StatusList = {
  readonly entries: ReadonlyMap<string, StatusListEntry>
  /** When it was fetched; milliseconds. */
  readonly fetchedAt: number
}
