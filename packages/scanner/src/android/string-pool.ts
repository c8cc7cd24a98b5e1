import type { ByteRange } from '../strings/byte-range.ts'
import type { Chunk } from './chunk.ts'

/** Strings of a compiled file, referred to by their index (`ResStringPool_header`, ResourceTypes.h). */
export type StringPool = {
  readonly count: number
  /** Kept once decoded. @returns undefined where there is none, or where its offset leads out of the pool */
  readonly at: (index: number) => string | undefined
  /** The same, not kept: for whoever goes through all of them once. */
  readonly peek: (index: number) => string | undefined
  /** Byte of the file at which the characters of a string begin. */
  readonly offsetOf: (index: number) => number | undefined
  readonly encoding: 'utf8' | 'utf16le'
  /** Whether its offsets overlap so much, as no compiler writes them, that some strings were not decoded. */
  readonly isExhausted: () => boolean
}

const utf8Flag = 1 << 8
const headerBytes = 28

export const emptyStringPool: StringPool = {
  count: 0,
  at: () => undefined,
  peek: () => undefined,
  offsetOf: () => undefined,
  encoding: 'utf8',
  isExhausted: () => false,
}

/**
 * Reads what the platform reads: the count is cut to what fits, and a string whose length leads out of the pool
 * ends with it. Decoding costs at most three times the bytes of the pool, however its offsets overlap.
 */
export function readStringPool(bytes: Buffer, chunk: Chunk): StringPool {
  if (chunk.end - chunk.start < headerBytes) return emptyStringPool
  const indices = chunk.start + chunk.headerSize
  const fits = Math.max(0, Math.floor((chunk.end - indices) / 4))
  const count = Math.min(bytes.readUInt32LE(chunk.start + 8), fits)
  const isUtf8 = (bytes.readUInt32LE(chunk.start + 16) & utf8Flag) !== 0
  const strings = chunk.start + bytes.readUInt32LE(chunk.start + 20)
  const spanOf = isUtf8 ? utf8Span : utf16Span
  const decode = isUtf8 ? decodeUtf8 : decodeUtf16
  const decoded = new Map<number, string>()
  let budget = 3 * (chunk.end - chunk.start)

  const span = (index: number): ByteRange | undefined => {
    if (!Number.isInteger(index) || index < 0 || index >= count) return undefined
    const start = strings + bytes.readUInt32LE(indices + 4 * index)
    return start < chunk.end ? spanOf(bytes, start, chunk.end) : undefined
  }
  const peek = (index: number): string | undefined => {
    const found = span(index)
    if (found === undefined) return undefined
    budget -= found.end - found.start
    return budget < 0 ? undefined : decode(bytes, found)
  }
  return {
    count,
    encoding: isUtf8 ? 'utf8' : 'utf16le',
    offsetOf: (index) => span(index)?.start,
    peek,
    at(index) {
      const text = decoded.get(index) ?? peek(index)
      if (text !== undefined) decoded.set(index, text)
      return text
    },
    isExhausted: () => budget < 0,
  }
}

/** Length in UTF-16 units, then in bytes, each of one byte, or of two with the high bit set; then the bytes and 0. */
function utf8Span(bytes: Buffer, at: number, limit: number): ByteRange | undefined {
  const afterUnits = at + ((bytes[at] ?? 0) & 0x80 ? 2 : 1)
  const first = bytes[afterUnits]
  if (first === undefined || afterUnits >= limit) return undefined
  const isLong = (first & 0x80) !== 0
  const start = afterUnits + (isLong ? 2 : 1)
  const length = isLong ? ((first & 0x7f) << 8) | (bytes[afterUnits + 1] ?? 0) : first
  return start <= limit ? { start, end: Math.min(start + length, limit) } : undefined
}

/** Length in units of two bytes, or of four with the high bit set; then the units and 0. */
function utf16Span(bytes: Buffer, at: number, limit: number): ByteRange | undefined {
  if (at + 2 > limit) return undefined
  const first = bytes.readUInt16LE(at)
  const isLong = (first & 0x8000) !== 0
  const start = at + (isLong ? 4 : 2)
  if (start > limit) return undefined
  const units = isLong ? (first & 0x7fff) * 0x10000 + bytes.readUInt16LE(at + 2) : first
  return { start, end: Math.min(start + 2 * units, limit - ((limit - start) & 1)) }
}

function decodeUtf16(bytes: Buffer, { start, end }: ByteRange): string {
  return bytes.toString('utf16le', start, end)
}

/** aapt2 writes what is beyond U+FFFF as two surrogates of three bytes each, as Java does. */
function decodeUtf8(bytes: Buffer, { start, end }: ByteRange): string {
  const text = bytes.toString('utf8', start, end)
  return text.includes('\ufffd') ? decodeModifiedUtf8(bytes.subarray(start, end)) : text
}

function decodeModifiedUtf8(bytes: Buffer): string {
  const units: string[] = []
  for (let at = 0; at < bytes.length; ) {
    const first = bytes[at] ?? 0
    const second = (bytes[at + 1] ?? 0) & 0x3f
    if (first === 0xed && at + 2 < bytes.length && second >= 0x20) {
      units.push(String.fromCharCode(0xd000 | (second << 6) | ((bytes[at + 2] ?? 0) & 0x3f)))
      at += 3
      continue
    }
    const next = bytes.indexOf(0xed, at + 1)
    const end = next === -1 ? bytes.length : next
    units.push(bytes.toString('utf8', at, end))
    at = end
  }
  return units.join('')
}
