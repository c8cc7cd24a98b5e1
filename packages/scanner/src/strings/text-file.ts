import { type ContentReader, openingBytes } from '../content/content-reader.ts'
import { defaultLimits } from '../limits.ts'
import type { TextRegion } from '../text-region.ts'
import { byteOffsets } from './character-offsets.ts'
import { decodeText, type TextForm, textFormOf } from './text-encoding.ts'

/** As entries that are too large to be read whole. */
const { pieceBytes: regionBytes, overlapBytes } = defaultLimits

/** JavaScript as bundlers call it, and pages with script in them. */
const scriptNames = /\.(?:[cm]?js|jsx|tsx?|jsbundle|bundle|hbc|html?|vue)$/i

/** Whatever else is text, by its content: JSON, properties, PEM, scripts and pages of web views. */
export const textFileReader: ContentReader = {
  name: 'text',
  takes: (head) => textFormOf(head) !== undefined,
  read: (bytes, { path }, sink) => {
    const form = textFormOf(bytes.subarray(0, openingBytes))
    if (form === undefined) return
    const source = scriptNames.test(path) ? 'script' : 'file'
    for (const region of regionsOf(bytes, form)) sink.text({ path, source, ...region })
  },
}

type Region = Pick<TextRegion, 'text' | 'encoding' | 'offsetAt'>

function* regionsOf(bytes: Buffer, { encoding, markBytes }: TextForm): Generator<Region> {
  for (let start = markBytes; start < bytes.length; ) {
    const isLast = bytes.length - start <= regionBytes
    const end = isLast ? bytes.length : characterStart(bytes, start + regionBytes, encoding)
    const text = decodeText(bytes, start, end, encoding)
    const byteAt = byteOffsets(text, encoding, end - start)
    const from = start
    yield { text, encoding, offsetAt: (index) => from + byteAt(index) }
    if (isLast) return
    start = characterStart(bytes, end - overlapBytes, encoding)
  }
}

/** The same byte, or up to three before it, where that one continues a character of UTF-8. */
function characterStart(bytes: Buffer, at: number, encoding: TextForm['encoding']): number {
  if (encoding !== 'utf8') return at
  let start = at
  while (at - start < 3 && ((bytes[start] ?? 0) & 0xc0) === 0x80) start--
  return start
}
