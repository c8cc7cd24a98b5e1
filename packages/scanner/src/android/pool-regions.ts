import type { TextRegion, TextSource } from '../text-region.ts'
import type { StringPool } from './string-pool.ts'

const regionCharacters = 4 * 1024 ** 2

/** The strings of a pool, each ended by `\n`, in regions of a few MB. */
export function* poolRegions(
  pool: StringPool,
  path: string,
  source: TextSource,
): Generator<TextRegion> {
  for (let first = 0; first < pool.count; ) {
    const parts: string[] = []
    let length = 0
    let next = first
    for (; next < pool.count && length < regionCharacters; next++) {
      const text = pool.peek(next) ?? ''
      parts.push(text)
      length += text.length + 1
    }
    yield regionOf(pool, path, source, first, parts)
    first = next
  }
}

function regionOf(
  pool: StringPool,
  path: string,
  source: TextSource,
  first: number,
  parts: readonly string[],
): TextRegion {
  let starts: Uint32Array | undefined
  return {
    path,
    source,
    encoding: pool.encoding,
    text: `${parts.join('\n')}\n`,
    offsetAt(index) {
      starts ??= startsOf(parts)
      const part = partAt(starts, index)
      const before = (parts[part] ?? '').slice(0, index - (starts[part] ?? 0))
      return (pool.offsetOf(first + part) ?? 0) + Buffer.byteLength(before, pool.encoding)
    },
  }
}

function startsOf(parts: readonly string[]): Uint32Array {
  const starts = new Uint32Array(parts.length)
  let at = 0
  for (const [index, part] of parts.entries()) {
    starts[index] = at
    at += part.length + 1
  }
  return starts
}

/** The last that begins at or before the character. */
function partAt(starts: Uint32Array, character: number): number {
  let low = 0
  let high = starts.length - 1
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if ((starts[middle] ?? 0) <= character) low = middle
    else high = middle - 1
  }
  return low
}
