import type { ZipRecord } from './central-directory.ts'
import { localHeaderBytes } from './local-header.ts'

/**
 * Entries whose bytes are, at least in part, those of another: how a small archive is made to hold petabytes
 * (D. Fifield, A better zip bomb, WOOT '19). What is counted is what an entry takes at least: its local header may
 * be longer.
 *
 * @returns their indexes; the one that begins first is not among them
 */
export function overlapping(records: readonly ZipRecord[]): ReadonlySet<number> {
  const order = Uint32Array.from(records.keys()).sort(
    (a, b) => (records[a]?.offset ?? 0) - (records[b]?.offset ?? 0) || a - b,
  )
  const overlaps = new Set<number>()
  let covered = 0
  for (const index of order) {
    const { offset, compressedBytes } = records[index] as ZipRecord
    if (offset < covered) overlaps.add(index)
    covered = Math.max(covered, offset + localHeaderBytes + compressedBytes)
  }
  return overlaps
}
