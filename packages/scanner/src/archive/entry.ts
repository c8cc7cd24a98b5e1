/** One file of a package: of the archive itself, of an archive within it, or of a folder. */
export type Entry = {
  /** Unique within the package; what lies in an archive within it stands behind `!/`. */
  readonly path: string
  /** Bytes, uncompressed, as the archive says. Reading holds it to that. */
  readonly size: number
  /**
   * All of it. For entries of up to `limits.wholeEntryBytes`.
   *
   * @throws EntryFault where it is damaged, locked, or larger than it says
   */
  readonly read: () => Promise<Buffer>
  /**
   * Larger entries, piece by piece: each piece begins with the last `limits.overlapBytes` of the one before.
   *
   * @throws EntryFault
   */
  readonly pieces: () => AsyncIterable<{ readonly bytes: Buffer; readonly offset: number }>
}

/** Why one entry was not read. It becomes a line under notChecked, and never ends the scan. */
export class EntryFault extends Error {
  override readonly name = 'EntryFault'
}
