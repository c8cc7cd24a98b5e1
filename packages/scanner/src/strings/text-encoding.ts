export type TextEncoding = 'utf8' | 'latin1' | 'utf16le' | 'utf16be'

/** How a file is written that is text, and how many bytes its byte order mark takes. */
export type TextForm = { readonly encoding: TextEncoding; readonly markBytes: number }

const marks: readonly (readonly [Buffer, TextEncoding])[] = [
  [Buffer.from('efbbbf', 'hex'), 'utf8'],
  [Buffer.from('fffe', 'hex'), 'utf16le'],
  [Buffer.from('feff', 'hex'), 'utf16be'],
]

/** 1 at each byte of ASCII that is a character, or a control character that text files do hold … */
const plain = new Uint8Array(256).fill(1, 0x20, 0x7f)
/** … tab, line ends, form feed, escape. */
for (const control of [0x09, 0x0a, 0x0c, 0x0d, 0x1b]) plain[control] = 1
/** One in so many bytes may be another: a file of text with a few bytes of something else in it is still read. */
const strayShare = 256

/** Tells text from anything else by the first bytes of a file. Undefined: it is none, or it is empty. */
export function textFormOf(head: Buffer): TextForm | undefined {
  if (head.length === 0) return undefined
  const marked = markedForm(head)
  if (marked !== undefined) return marked
  // A zero is in all of UTF-16, as far as it can be told without a mark, and in none of the others.
  const encoding = head.includes(0) ? wideEncoding(head) : narrowEncoding(head)
  return encoding === undefined ? undefined : { encoding, markBytes: 0 }
}

/** By its byte order mark. Undefined: it has none. */
export function markedForm(head: Buffer): TextForm | undefined {
  for (const [mark, encoding] of marks) {
    if (!startsWith(head, mark) || startsWith(head, utf32Mark)) continue
    return { encoding, markBytes: mark.length }
  }
  return undefined
}

/** FF FE 00 00, which nobody ships. */
const utf32Mark = Buffer.from('fffe0000', 'hex')

/** The text from `start` up to before `end`, in bytes. Half a unit of UTF-16 at the end is left out. */
export function decodeText(
  bytes: Buffer,
  start: number,
  end: number,
  encoding: TextEncoding,
): string {
  // Node decodes UTF-16 of the other byte order alone.
  if (encoding !== 'utf16be') return bytes.toString(encoding, start, end)
  const even = start + ((end - start) & ~1)
  return Buffer.from(bytes.subarray(start, even)).swap16().toString('utf16le')
}

function startsWith(head: Buffer, mark: Buffer): boolean {
  for (let at = 0; at < mark.length; at++) if (head[at] !== mark[at]) return false
  return true
}

/** UTF-16 without a mark: of nearly all pairs of bytes, the same one is zero and the other is ASCII. */
function wideEncoding(head: Buffer): TextEncoding | undefined {
  const pairs = head.length >> 1
  if (pairs < 4 || head.length % 2 !== 0 || !head.subarray(0, 64).includes(0)) return undefined
  const enough = pairs * 0.8
  let little = 0
  let big = 0
  let others = 0
  for (let at = 0; at < pairs * 2; at += 2) {
    const first = head[at] as number
    const second = head[at + 1] as number
    if (second === 0 && isPlain(first)) little++
    else if (first === 0 && isPlain(second)) big++
    else if (++others >= pairs - enough) return undefined
  }
  if (little > enough) return 'utf16le'
  return big > enough ? 'utf16be' : undefined
}

function isPlain(byte: number): boolean {
  return plain[byte] === 1
}

/** Of bytes without a zero. */
function narrowEncoding(head: Buffer): TextEncoding | undefined {
  if (head.includes(0)) return undefined
  let strays = 0
  let high = 0
  for (let at = 0; at < head.length; at++) {
    const byte = head[at] ?? 0
    if (byte >= 0x80) high++
    else if (!isPlain(byte) && ++strays > head.length / strayShare) return undefined
  }
  if (high === 0) return 'utf8'
  // The head may end within a character.
  const text = head.toString('utf8').replace(/\ufffd{1,3}$/, '')
  if (!text.includes('\ufffd')) return 'utf8'
  return high < head.length / 3 && strays === 0 ? 'latin1' : undefined
}
