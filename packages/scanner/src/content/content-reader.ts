import type { Entry } from '../archive/entry.ts'
import type { Sink } from '../sink.ts'

/**
 * Reads one kind of content. Whatever it cannot make sense of costs a line in notChecked; what it throws does so
 * too, and nothing of what it found before is lost.
 */
export type ContentReader = {
  /** How ledger and reports call it: `DEX`, `binary XML`. */
  readonly name: string
  /** Told by the first bytes, never by the name alone. @param head the first `openingBytes` */
  readonly takes: (head: Buffer, path: string) => boolean
  /** Larger entries than usual are read whole for it, up to this size: its tables point to and fro. */
  readonly maxBytes?: number
  readonly read: (
    bytes: Buffer,
    entry: Pick<Entry, 'path' | 'size'>,
    sink: Sink,
  ) => void | Promise<void>
}

/** How much of an entry `takes` sees, where the entry has as much. Documents begin with declarations and comments. */
export const openingBytes = 4096

/** Of programs and bytecode: they lie in memory beside nothing else that is large. */
export const maxProgramBytes = 128 * 1024 ** 2
