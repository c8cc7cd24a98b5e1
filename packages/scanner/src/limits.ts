/** What a hostile package may cost. Bytes are uncompressed unless said otherwise. */
export type ScanLimits = {
  readonly entries: number
  readonly totalBytes: number
  readonly entryBytes: number
  /** Entries of up to this size are read whole, and readers of formats see them. */
  readonly wholeEntryBytes: number
  readonly pieceBytes: number
  readonly overlapBytes: number
  /** Uncompressed by compressed, of one entry. */
  readonly ratio: number
  /** Archives within archives. */
  readonly depth: number
  readonly milliseconds: number
  /** Trying passwords on one keystore, and on all of them. */
  readonly unlockEachMilliseconds: number
  readonly unlockAllMilliseconds: number
}

export const defaultLimits: ScanLimits = {
  entries: 200_000,
  totalBytes: 8 * 1024 ** 3,
  entryBytes: 2 * 1024 ** 3,
  wholeEntryBytes: 48 * 1024 ** 2,
  pieceBytes: 8 * 1024 ** 2,
  overlapBytes: 256 * 1024,
  ratio: 1_100,
  depth: 4,
  milliseconds: 10 * 60_000,
  unlockEachMilliseconds: 4_000,
  unlockAllMilliseconds: 12_000,
}
