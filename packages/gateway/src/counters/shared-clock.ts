/** The monotonic clock in milliseconds, the same for all threads of a process. */
export function monotonicMs(): number {
  const [seconds, nanoseconds] = process.hrtime()
  return seconds * 1e3 + nanoseconds / 1e6
}

/** Where shared time begins: a moment before the first of it is asked for, so that 0 is always past. */
export function newOrigin(): number {
  return monotonicMs() - 1_000
}

/**
 * Nanoseconds since an origin that all threads were given, as a whole number: exact for the first
 * hundred days of a process, to two nanoseconds for the next.
 *
 * `performance.now` counts from the start of each thread; it costs a third of `process.hrtime`.
 */
export function sharedClock(originMs: number): () => number {
  // The call that was disturbed least tells the difference best.
  let offset = Number.POSITIVE_INFINITY
  for (let round = 0; round < 16; round++) {
    const local = performance.now()
    offset = Math.min(offset, monotonicMs() - local)
  }
  const start = offset - originMs
  return () => Math.floor((performance.now() + start) * 1e6)
}
