/** What is written as CBOR here. A map keeps the order of its entries. */
export type CborValue =
  | number
  | string
  | Uint8Array
  | readonly CborValue[]
  | ReadonlyMap<number | string, CborValue>

/** Major types, RFC 8949 §3.1. */
const majors = { unsigned: 0, negative: 1, bytes: 2, text: 3, array: 4, map: 5 } as const

/** One value as CBOR: definite lengths, heads in their shortest form (RFC 8949 §4.2.1). */
export function writeCbor(value: CborValue): Buffer {
  if (typeof value === 'number') {
    return value < 0 ? head(majors.negative, -1 - value) : head(majors.unsigned, value)
  }
  if (typeof value === 'string') {
    const text = Buffer.from(value, 'utf8')
    return Buffer.concat([head(majors.text, text.length), text])
  }
  if (value instanceof Uint8Array) return Buffer.concat([head(majors.bytes, value.length), value])
  if (value instanceof Map) {
    const entries = [...(value as ReadonlyMap<number | string, CborValue>)].flat()
    return Buffer.concat([head(majors.map, entries.length / 2), ...entries.map(writeCbor)])
  }
  const items = value as readonly CborValue[]
  return Buffer.concat([head(majors.array, items.length), ...items.map(writeCbor)])
}

function head(major: number, argument: number): Buffer {
  const first = major << 5
  if (argument < 24) return Buffer.from([first | argument])
  if (argument < 0x100) return Buffer.from([first | 24, argument])
  if (argument < 0x1_0000) return Buffer.from([first | 25, argument >> 8, argument & 0xff])
  const bytes = Buffer.alloc(5, first | 26)
  bytes.writeUInt32BE(argument, 1)
  return bytes
}
