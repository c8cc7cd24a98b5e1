import type { ByteRange } from '../../strings/byte-range.ts'

/**
 * Protocol buffers as they lie on the wire, without a schema: fields of a message one after another, each with its
 * number, its wire type and its value (protobuf.dev/programming-guides/encoding).
 */
export type Field = {
  readonly number: number
  /** Of a varint or four bytes: the value, its low 32 bits. 0 otherwise. */
  readonly value: number
  /** Of what is length-delimited: a message, a string. Empty otherwise. */
  readonly range: ByteRange
}

const wireTypes = { varint: 0, fixed64: 1, delimited: 2, fixed32: 5 } as const
const longestVarint = 10

/** Fields until the end, or until the first that does not make sense: that one is told to `faults`, once. */
export function* fieldsOf(
  bytes: Buffer,
  { start, end }: ByteRange,
  faults: Set<string>,
): Generator<Field> {
  for (let at = start; at < end; ) {
    const key = varintAt(bytes, at, end)
    const field = key && fieldAt(bytes, key, end)
    if (field === undefined) {
      faults.add(`the message ends in the middle of a field at byte ${at}`)
      return
    }
    yield field
    at = field.next
  }
}

/** What lies in fields within fields: `[2, 3]` is every field 3 of every field 2. */
export function* rangesAt(
  bytes: Buffer,
  range: ByteRange,
  path: readonly number[],
  faults: Set<string>,
): Generator<ByteRange> {
  const [number, ...rest] = path
  if (number === undefined) {
    yield range
    return
  }
  for (const field of fieldsOf(bytes, range, faults)) {
    if (field.number === number) yield* rangesAt(bytes, field.range, rest, faults)
  }
}

/** The last field of a number, as parsers take it. */
export function fieldOf(
  bytes: Buffer,
  range: ByteRange,
  number: number,
  faults: Set<string>,
): Field | undefined {
  let found: Field | undefined
  for (const field of fieldsOf(bytes, range, faults)) if (field.number === number) found = field
  return found
}

export function textOf(bytes: Buffer, { start, end }: ByteRange): string {
  return bytes.toString('utf8', start, end)
}

type Varint = { readonly value: number; readonly next: number }

function varintAt(bytes: Buffer, start: number, end: number): Varint | undefined {
  let value = 0
  for (let index = 0; index < longestVarint && start + index < end; index++) {
    const byte = bytes[start + index] ?? 0
    if (index < 5) value |= (byte & 0x7f) << (7 * index)
    if (byte < 0x80) return { value: value >>> 0, next: start + index + 1 }
  }
  return undefined
}

function fieldAt(
  bytes: Buffer,
  key: Varint,
  end: number,
): (Field & { readonly next: number }) | undefined {
  const number = key.value >>> 3
  const empty = { start: key.next, end: key.next }
  const type = key.value & 7
  if (type === wireTypes.varint) {
    const varint = varintAt(bytes, key.next, end)
    return varint && { number, value: varint.value, range: empty, next: varint.next }
  }
  if (type === wireTypes.fixed32 && key.next + 4 <= end) {
    return { number, value: bytes.readUInt32LE(key.next), range: empty, next: key.next + 4 }
  }
  if (type === wireTypes.fixed64 && key.next + 8 <= end) {
    return { number, value: 0, range: empty, next: key.next + 8 }
  }
  if (type !== wireTypes.delimited) return undefined
  const length = varintAt(bytes, key.next, end)
  if (length === undefined || length.next + length.value > end) return undefined
  const range = { start: length.next, end: length.next + length.value }
  return { number, value: 0, range, next: range.end }
}
