import { lastStart } from '../strings/last-start.ts'
import type { TextRegion, TextSource } from '../text-region.ts'
import type { StringPool } from './string-pool.ts'

const regionCharacters = 4 * 1024 ** 2

type Strings = {
  readonly path: string
  readonly source: TextSource
  readonly encoding: 'utf8' | 'utf16le'
  readonly count: number
  readonly text: (index: number) => string
  /** Byte of the file at which a string begins. */
  readonly offset: (index: number) => number
}

/** The strings of a pool, used or not. */
export function poolRegions(
  pool: StringPool,
  path: string,
  source: TextSource,
): Generator<TextRegion> {
  const { count, encoding } = pool
  const text = (index: number) => pool.peek(index) ?? ''
  const offset = (index: number) => pool.offsetOf(index) ?? 0
  return joinedRegions({ path, source, encoding, count, text, offset })
}

/** Strings one after another, each ended by `\n`, in regions of a few MB. */
export function* joinedRegions(strings: Strings): Generator<TextRegion> {
  for (let first = 0; first < strings.count; ) {
    const parts: string[] = []
    let length = 0
    let next = first
    for (; next < strings.count && length < regionCharacters; next++) {
      const text = strings.text(next)
      parts.push(text)
      length += text.length + 1
    }
    yield regionOf(strings, first, parts)
    first = next
  }
}

function regionOf(strings: Strings, first: number, parts: readonly string[]): TextRegion {
  const { path, source, encoding, offset } = strings
  let starts: Uint32Array | undefined
  return {
    path,
    source,
    encoding,
    text: `${parts.join('\n')}\n`,
    offsetAt(index) {
      const known = (starts ??= startsOf(parts))
      const part = lastStart(known.length, (each) => known[each] ?? 0, index)
      const before = (parts[part] ?? '').slice(0, index - (known[part] ?? 0))
      return offset(first + part) + Buffer.byteLength(before, encoding)
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
