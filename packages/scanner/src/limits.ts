/**
 * What a hostile package may cost. Bytes are uncompressed unless said otherwise. These are the bounds of a whole scan;
 * those of one format stand beside its reader, each with a name.
 */
export type ScanLimits = {
  /** Files in all archives together. */
  readonly entries: number
  /** Of all that is unpacked. */
  readonly totalBytes: number
  /** Of one entry. */
  readonly entryBytes: number
  /** Entries of up to this size are read whole, and readers of formats see them; archives within, in memory. */
  readonly wholeEntryBytes: number
  /** Larger entries come in pieces of this size … */
  readonly pieceBytes: number
  /**
   * … each of which begins with so much of the one before: more than a key, or a keystore in base64, is long; even,
   * so that no character of UTF-16 is cut.
   */
  readonly overlapBytes: number
  /** Uncompressed by compressed, of one entry. */
  readonly ratio: number
  /** Archives within archives. */
  readonly depth: number
  /** Of reading: asked behind every entry, and behind every piece of a large one. Judges are let end. */
  readonly milliseconds: number
  /** Trying passwords on one keystore, and on all of them. */
  readonly unlockEachMilliseconds: number
  readonly unlockAllMilliseconds: number
}

export const defaultLimits: ScanLimits = {
  /** A ZIP without zip64 holds 65,535. */
  entries: 200_000,
  totalBytes: 8 * 1024 ** 3,
  entryBytes: 2 * 1024 ** 3,
  wholeEntryBytes: 48 * 1024 ** 2,
  pieceBytes: 8 * 1024 ** 2,
  overlapBytes: 256 * 1024,
  /** DEFLATE comes to 1,032 at the most. */
  ratio: 1_100,
  /** An APK in an XAPK that holds an archive of its own, and one more. */
  depth: 4,
  milliseconds: 10 * 60_000,
  unlockEachMilliseconds: 4_000,
  unlockAllMilliseconds: 12_000,
}
