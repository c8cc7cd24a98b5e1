import type { ByteSource } from './byte-source.ts'

/** A file as its container lists it: an archive, a folder, a compressed file. Nothing of it is read yet. */
export type Member = {
  /** As `Entry.path`. */
  readonly path: string
  /** Bytes, uncompressed, as the container says. */
  readonly size: number
  /** All of it, of those that may be read whole. @throws EntryFault */
  readonly read: () => Promise<Buffer>
  /** All of it in pieces of any size, from the beginning with each call. @throws EntryFault */
  readonly stream: () => AsyncIterable<Buffer>
  /** Some of the first bytes; none where they cannot be had. */
  readonly peek: () => Promise<Buffer>
  /** Present where it lies somewhere as it is, and need not be read from its beginning. */
  readonly open?: () => Promise<OpenSource>
}

export type OpenSource = { readonly source: ByteSource; readonly close: () => Promise<void> }

/** What a container holds. */
export type Listing = {
  /** Made as they are asked for, and again each time: an archive may have hundreds of thousands. */
  readonly members: Iterable<Member>
  /** What is strange about it: lines of the ledger. */
  readonly odd: readonly string[]
  /** The same, where some of what it held is lost: it is cut off, or its directory is damaged. */
  readonly damage?: readonly string[]
  /** What only shows once the members were read: those that no directory names. */
  readonly rest?: () => Promise<readonly Member[]>
}
