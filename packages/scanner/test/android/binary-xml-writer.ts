import { chunkTypes } from '../../src/android/chunk.ts'

/** Writes compiled XML as those who hide write it: every field is the caller's. */
export function chunk(type: number, header: Buffer, body: Buffer, size?: number): Buffer {
  const start = Buffer.alloc(8)
  start.writeUInt16LE(type, 0)
  start.writeUInt16LE(8 + header.length, 2)
  start.writeUInt32LE(size ?? 8 + header.length + body.length, 4)
  return Buffer.concat([start, header, body])
}

export function words(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length)
  for (const [index, value] of values.entries()) bytes.writeUInt32LE(value >>> 0, 4 * index)
  return bytes
}

/** A string pool in UTF-16. @param count what it says, where that differs */
export function pool(strings: readonly string[], count = strings.length): Buffer {
  const encoded = strings.map((text) => {
    const length = Buffer.alloc(2)
    length.writeUInt16LE(text.length)
    return Buffer.concat([length, Buffer.from(text, 'utf16le'), Buffer.alloc(2)])
  })
  let at = 0
  const offsets = encoded.map((each) => {
    const offset = at
    at += each.length
    return offset
  })
  const header = words(count, 0, 0, 28 + 4 * strings.length, 0)
  return chunk(chunkTypes.stringPool, header, Buffer.concat([words(...offsets), ...encoded]))
}

export type WrittenAttribute = {
  readonly name: number
  readonly namespace?: number
  readonly type: number
  readonly data: number
}

const none = 0xffffffff

export function startElement(
  name: number,
  attributes: readonly WrittenAttribute[] = [],
  { attributeBytes = 20, reserved = 0, count = attributes.length } = {},
): Buffer {
  const start = Buffer.alloc(20)
  start.writeUInt32LE(none, 0)
  start.writeUInt32LE(name, 4)
  start.writeUInt16LE(20, 8)
  start.writeUInt16LE(attributeBytes, 10)
  start.writeUInt16LE(count, 12)
  const written = attributes.map((each) => {
    const bytes = Buffer.alloc(Math.max(20, attributeBytes))
    words(each.namespace ?? none, each.name, none).copy(bytes)
    bytes.writeUInt16LE(8, 12)
    bytes.writeUInt8(reserved, 14)
    bytes.writeUInt8(each.type, 15)
    bytes.writeUInt32LE(each.data >>> 0, 16)
    return bytes
  })
  return chunk(chunkTypes.xmlStartElement, words(1, none), Buffer.concat([start, ...written]))
}

export function endElement(name: number): Buffer {
  return chunk(chunkTypes.xmlEndElement, words(1, none), words(none, name))
}

export function resourceMap(...ids: readonly number[]): Buffer {
  return chunk(chunkTypes.xmlResourceMap, Buffer.alloc(0), words(...ids))
}

export function document(...chunks: readonly Buffer[]): Buffer {
  return chunk(chunkTypes.xml, Buffer.alloc(0), Buffer.concat(chunks))
}
