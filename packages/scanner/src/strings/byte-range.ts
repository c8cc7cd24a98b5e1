/** Bytes of an entry, from the first to behind the last. */
export type ByteRange = { readonly start: number; readonly end: number }

/** The same bytes, in order, each once: headers of a hostile file may name them a thousand times. */
export function withoutOverlaps(ranges: readonly ByteRange[]): ByteRange[] {
  const merged: ByteRange[] = []
  for (const { start, end } of ranges.toSorted((left, right) => left.start - right.start)) {
    const from = Math.max(start, merged.at(-1)?.end ?? 0)
    if (from < end) merged.push({ start: from, end })
  }
  return merged
}
