/**
 * Which of many strings, one behind the other, a character or byte belongs to: the last that begins at or before it.
 * By halves, since a hostile file has half a million strings, and as many findings that ask.
 *
 * @param startOf where a string begins, by its index: never falling
 * @returns its index; 0 where all begin behind it, or there is none
 */
export function lastStart(count: number, startOf: (index: number) => number, at: number): number {
  let low = 0
  let high = count
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if (startOf(middle) <= at) low = middle
    else high = middle
  }
  return low
}
