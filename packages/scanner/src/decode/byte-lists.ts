import { type Literal, literalFinder } from '../text/literal-finder.ts'
import { type ContentHead, contentHead, headBytes } from './content-head.ts'

/** One way to write bytes one by one in text. */
type ListForm = {
  readonly by: 'byte list' | 'escaped bytes' | 'spaced hex'
  /** One byte and what parts it from the next. The first group is the byte. */
  readonly item: RegExp
  readonly base: 10 | 16
}

const hexList: ListForm = {
  by: 'byte list',
  item: /(?:\(byte\) ?)?0x([0-9a-f]{1,2})(?:\s{0,64},\s{0,64})?/iy,
  base: 16,
}
const decimalList: ListForm = {
  by: 'byte list',
  item: /(-?\d{1,3})(?:\s{0,64},\s{0,64})?/y,
  base: 10,
}
const escapes: ListForm = { by: 'escaped bytes', item: /\\x([0-9a-f]{2})/iy, base: 16 }
const spacedHex: ListForm = { by: 'spaced hex', item: /([0-9a-f]{2})[ :]?/iy, base: 16 }

/** First bytes of what `contentHead` knows; of BKS, whose first are zeros, as many as tell it from any list of zeros. */
const firstBytes = ['30', 'feed', 'cece', '00000002', '00000001', '1f8b', '504b', '2d2d2d']

const literals: readonly Literal<ListForm>[] = firstBytes.flatMap((hex) => {
  const bytes = [...Buffer.from(hex, 'hex')]
  const digits = bytes.map((byte) => byte.toString(16).padStart(2, '0'))
  const signed = bytes.map((byte) => (byte > 127 ? byte - 256 : byte))
  const decimals = [bytes, signed].flatMap((list) => [`${list.join(',')},`, `${list.join(', ')},`])
  return [
    { literal: `0x${digits[0]}`, value: hexList, anyCase: true },
    { literal: digits.map((pair) => `\\x${pair}`).join(''), value: escapes, anyCase: true },
    ...[...new Set(decimals)].map((literal) => ({ literal, value: decimalList })),
    ...(bytes[0] === 0x30 ? ['30 8', '30:8'] : [digits.join(' '), digits.join(':')])
      .filter((literal) => literal.length > 2)
      .map((literal) => ({ literal, value: spacedHex, anyCase: true })),
  ]
})

const find = literalFinder([...new Map(literals.map((each) => [each.literal, each])).values()])

export type ListedBytes = {
  readonly bytes: Buffer
  readonly head: ContentHead
  readonly start: number
  readonly by: ListForm['by']
}

/**
 * Finds `0x30, 0x82, …`, `48, -126, …`, `\x30\x82…` and `30 82 …` that are worth a look. Linear in the
 * text: nothing is read twice, so a list that begins within what was read of another is not found.
 */
export function findByteLists(
  text: string,
  maxBytes: number,
  found: (listed: ListedBytes) => void,
): void {
  let readTo = 0
  find(text, (index, form) => {
    // Within a number, or within a list that was read already.
    if (index < readTo || isWordCharacter(text.charCodeAt(index - 1))) return
    const read = readList(text, index, form, maxBytes)
    readTo = read.end
    const head = contentHead(read.bytes.subarray(0, headBytes))
    if (head === undefined || read.bytes.length < (head.wholeBytes ?? shortestList)) return
    const bytes = read.bytes.subarray(0, head.wholeBytes)
    if (bytes.length >= shortestList) found({ bytes, head, start: index, by: form.by })
  })
}

/** In bytes. */
const shortestList = 45

function readList(
  text: string,
  start: number,
  { item, base }: ListForm,
  maxBytes: number,
): { readonly bytes: Buffer; readonly end: number } {
  const bytes: number[] = []
  let end = start
  while (bytes.length < maxBytes) {
    item.lastIndex = end
    const match = item.exec(text)
    if (match === null) break
    const value = Number.parseInt(match[1] as string, base)
    if (value < -128 || value > 255) break
    bytes.push(value & 0xff)
    end = item.lastIndex
    if (bytes.length === headBytes && contentHead(Buffer.from(bytes)) === undefined) break
  }
  return { bytes: Buffer.from(bytes), end }
}

function isWordCharacter(code: number): boolean {
  // A digit, a letter, `_`, or the point or sign of a number.
  return (
    (code >= 0x30 && code <= 0x39) ||
    (code >= 0x41 && code <= 0x5a) ||
    (code >= 0x61 && code <= 0x7a) ||
    code === 0x5f ||
    code === 0x2e
  )
}
