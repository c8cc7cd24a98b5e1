import type { DerElement } from './der-cursor.ts'
import { DerError } from './der-error.ts'

/** Longer ones exist nowhere; 2.25 with a UUID has 20 bytes, our own have 37. */
const maxBytes = 64

/** An OBJECT IDENTIFIER as `1.2.840.10045.2.1` (X.690 §8.19). Arcs of up to 128 bits are read. */
export function objectIdentifierOf(element: DerElement, what = 'OBJECT IDENTIFIER'): string {
  const { content } = element
  const last = content[content.length - 1]
  if (last === undefined || last >= 0x80 || content.length > maxBytes) {
    throw new DerError(
      `${what}: not an OBJECT IDENTIFIER of 1 to ${maxBytes} bytes`,
      element.offset,
    )
  }
  let text = ''
  let at = 0
  while (at < content.length) {
    if (content[at] === 0x80) {
      throw new DerError(`${what}: arc not in its shortest form`, element.offset + at)
    }
    let end = at
    while (content.readUInt8(end) >= 0x80) end++
    const arc = end - at < 7 ? smallArc(content, at, end) : largeArc(content, at, end)
    if (arc === undefined) throw new DerError(`${what}: arc too large`, element.offset + at)
    text += at === 0 ? firstArcs(arc) : `.${arc}`
    at = end + 1
  }
  return text
}

function smallArc(content: Buffer, at: number, end: number): number {
  let arc = 0
  for (let index = at; index <= end; index++) arc = arc * 128 + (content.readUInt8(index) & 0x7f)
  return arc
}

function largeArc(content: Buffer, at: number, end: number): bigint | undefined {
  if (end - at > 18) return undefined
  let arc = 0n
  for (let index = at; index <= end; index++)
    arc = arc * 128n + BigInt(content.readUInt8(index) & 0x7f)
  return arc
}

/** The first two arcs share one number: 40 times the first, which is 0, 1 or 2, plus the second. */
function firstArcs(arc: number | bigint): string {
  if (arc < 40) return `0.${arc}`
  if (arc < 80) return `1.${Number(arc) - 40}`
  return `2.${typeof arc === 'bigint' ? arc - 80n : arc - 80}`
}

/** The content octets of an OBJECT IDENTIFIER, whose arcs must all be below 2³¹. */
export function objectIdentifierBytes(text: string): Buffer {
  if (!/^[0-2](\.(0|[1-9]\d{0,9}))+$/.test(text)) {
    throw new TypeError(`not an object identifier: ${text}`)
  }
  const [first, second, ...rest] = text.split('.').map(Number) as [number, number, ...number[]]
  return Buffer.from([first * 40 + second, ...rest].flatMap(arcBytes))
}

function arcBytes(arc: number): number[] {
  const bytes = [arc % 128]
  for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128)) {
    bytes.unshift((left % 128) + 128)
  }
  return bytes
}
