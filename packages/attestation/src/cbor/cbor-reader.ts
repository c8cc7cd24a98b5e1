import { CborError } from './cbor-error.ts'
import type { CborKey, CborValue } from './cbor-value.ts'

export type CborLimits = {
  /** How many levels may lie inside each other. */
  readonly maxDepth: number
  /** How many items there may be in all, keys and values each one. */
  readonly maxItems: number
}

/** The first three bits of an item (RFC 8949 §3.1). */
const majorTypes = {
  unsigned: 0,
  negative: 1,
  bytes: 2,
  text: 3,
  array: 4,
  map: 5,
  tag: 6,
  simple: 7,
} as const

const keyTypes: ReadonlySet<number> = new Set([
  majorTypes.unsigned,
  majorTypes.negative,
  majorTypes.text,
])

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Reads CBOR items one after another. Every method throws CborError. */
export class CborReader {
  readonly #bytes: Buffer
  readonly #limits: CborLimits
  #at = 0
  #items = 0

  constructor(bytes: Uint8Array, limits: CborLimits) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#limits = limits
  }

  /** Of the next item, from the beginning of what is read. */
  get offset(): number {
    return this.#at
  }

  next(): CborValue {
    return this.#item(this.#limits.maxDepth)
  }

  #item(depth: number): CborValue {
    const start = this.#at
    if (depth === 0) throw new CborError('nested too deep', start, 'depth')
    this.#items++
    if (this.#items > this.#limits.maxItems) throw new CborError('too many items', start)
    const initial = this.#take(1).readUInt8(0)
    const information = initial & 0x1f
    const major = initial >> 5
    if (major === majorTypes.simple) return this.#simple(information, start)
    const argument = this.#argument(information, start)
    if (major === majorTypes.unsigned) return smallest(argument)
    if (major === majorTypes.negative) return smallest(-1n - argument)
    if (major === majorTypes.tag) throw new CborError('a tag, which is not read', start)
    const length = this.#length(argument, start)
    if (major === majorTypes.bytes) return this.#take(length)
    if (major === majorTypes.text) return this.#text(length, start)
    if (major === majorTypes.array) return this.#array(length, depth)
    return this.#map(length, depth)
  }

  /** RFC 8949 §3: the value itself, or the number of bytes that it takes. */
  #argument(information: number, start: number): bigint {
    if (information < 24) return BigInt(information)
    if (information > 27) {
      const what = information === 31 ? 'an indefinite length' : 'a reserved length'
      throw new CborError(what, start)
    }
    const width = 1 << (information - 24)
    const argument = BigInt(`0x${this.#take(width).toString('hex')}`)
    // §4.2.1: the shortest form, or one value would have many encodings.
    const least = width === 1 ? 24n : 1n << BigInt(width * 4)
    if (argument < least) throw new CborError('a number not in its shortest form', start)
    return argument
  }

  /** Each byte and each item takes a byte at least: no length is larger than what is left. */
  #length(argument: bigint, start: number): number {
    if (argument > BigInt(this.#bytes.length - this.#at)) {
      throw new CborError('longer than what it is in', start)
    }
    return Number(argument)
  }

  #text(length: number, start: number): string {
    try {
      return utf8.decode(this.#take(length))
    } catch (error) {
      if (error instanceof TypeError) throw new CborError('text that is not UTF-8', start)
      throw error
    }
  }

  #array(length: number, depth: number): readonly CborValue[] {
    const values: CborValue[] = []
    for (let index = 0; index < length; index++) values.push(this.#item(depth - 1))
    return values
  }

  #map(length: number, depth: number): ReadonlyMap<CborKey, CborValue> {
    const map = new Map<CborKey, CborValue>()
    for (let index = 0; index < length; index++) {
      const start = this.#at
      const key = this.#key(depth - 1)
      if (map.has(key)) throw new CborError('a key that is there twice', start)
      map.set(key, this.#item(depth - 1))
    }
    return map
  }

  #key(depth: number): CborKey {
    const start = this.#at
    const major = (this.#bytes[start] ?? 0) >> 5
    const key = this.#item(depth)
    // By its encoding: the floating-point 1.0 would decode to the same key as the integer 1.
    if (!keyTypes.has(major)) throw new CborError('a key that is no integer and no text', start)
    return key as CborKey
  }

  /** RFC 8949 §3.3. Other simple values mean nothing to anyone here. */
  #simple(information: number, start: number): CborValue {
    if (information === 20) return false
    if (information === 21) return true
    if (information === 22) return null
    if (information === 25) return halfPrecision(this.#take(2).readUInt16BE(0))
    if (information === 26) return this.#take(4).readFloatBE(0)
    if (information === 27) return this.#take(8).readDoubleBE(0)
    throw new CborError('a simple value that is not read', start)
  }

  #take(count: number): Buffer {
    const start = this.#at
    if (count > this.#bytes.length - start) throw new CborError('cut short', start)
    this.#at += count
    return this.#bytes.subarray(start, this.#at)
  }
}

function smallest(value: bigint): number | bigint {
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : value
}

/** RFC 8949 Appendix D. */
function halfPrecision(bits: number): number {
  const sign = bits >= 0x8000 ? -1 : 1
  const exponent = (bits >> 10) & 0x1f
  const mantissa = bits & 0x3ff
  if (exponent === 0) return sign * mantissa * 2 ** -24
  if (exponent === 31) return mantissa === 0 ? sign * Infinity : Number.NaN
  return sign * (mantissa + 1024) * 2 ** (exponent - 25)
}
