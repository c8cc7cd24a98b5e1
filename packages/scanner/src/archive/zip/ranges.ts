/** Which bytes of an archive belong to something. */
export type Ranges = {
  /** From `start` up to before `end`. What lies outside the archive is left out. */
  readonly add: (start: number, end: number) => void
  /** What belongs to nothing, in order. */
  readonly gaps: () => readonly (readonly [start: number, end: number])[]
}

/** @param size bytes of the archive */
export function newRanges(size: number): Ranges {
  const starts: number[] = []
  const ends: number[] = []
  return {
    add: (start, end) => {
      starts.push(Math.max(0, start))
      ends.push(Math.min(size, end))
    },
    gaps: () => {
      const order = Uint32Array.from(starts.keys()).sort(
        (a, b) => (starts[a] ?? 0) - (starts[b] ?? 0),
      )
      const gaps: [number, number][] = []
      let covered = 0
      for (const index of order) {
        const start = starts[index] ?? 0
        if (start > covered) gaps.push([covered, Math.min(start, size)])
        covered = Math.max(covered, ends[index] ?? 0)
      }
      if (covered < size) gaps.push([covered, size])
      return gaps
    },
  }
}
