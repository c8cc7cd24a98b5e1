import type { ByteRange } from './byte-range.ts'

const maxUnits = 64

/** First and last of the blocks of Unicode that passwords and texts are written in. */
const blocks: readonly (readonly [number, number])[] = [
  [0x20, 0x7e], // ASCII
  [0xa1, 0x52f], // Latin, Greek, Cyrillic
  [0x590, 0x6ff], // Hebrew, Arabic
  [0x900, 0xe7f], // India, Thailand
  [0x1e00, 0x206f], // more of Latin and Greek, punctuation
  [0x3000, 0x30ff], // Kana
  [0x4e00, 0x9fff], // Han
  [0xac00, 0xd7a3], // Hangul
]
/** 1 at each unit of these blocks. */
const letters = new Uint8Array(1 << 16)
for (const [first, last] of blocks) letters.fill(1, first, last + 1)

/**
 * A run of ASCII in UTF-16LE, with the letters before and behind it: strings of Dart, say, that hold one character
 * beyond Latin-1. At most 64 characters either way.
 *
 * @param within where to stop
 */
export function withLettersAround(bytes: Buffer, run: ByteRange, within: ByteRange): ByteRange {
  let { start, end } = run
  const first = Math.max(within.start, start - maxUnits * 2)
  const last = Math.min(within.end, end + maxUnits * 2)
  while (start - 2 >= first && isLetterAt(bytes, start - 2)) start -= 2
  while (end + 2 <= last && isLetterAt(bytes, end)) end += 2
  return { start, end }
}

function isLetterAt(bytes: Buffer, at: number): boolean {
  return letters[(bytes[at] as number) | ((bytes[at + 1] as number) << 8)] === 1
}
