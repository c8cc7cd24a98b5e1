/** What a counter is found by: 128 bits that nobody outside can choose. */
export type CounterKey = {
  readonly first: number
  readonly second: number
  readonly third: number
  readonly fourth: number
  /** What it was made of: first of what is counted, then for whom. */
  readonly parts: readonly string[]
  /** What many keys share: where those are counted together that find no room. */
  readonly coarseParts: readonly string[]
}

type Words = Pick<CounterKey, 'first' | 'second' | 'third' | 'fourth'>

/** Makes keys under a secret: who does not know it cannot choose which keys share a place. */
export type KeyMaker = {
  readonly ofParts: (parts: readonly string[], coarseParts?: readonly string[]) => CounterKey
  /** @param bytes 16 or more; the first 16 count */
  readonly ofBytes: (bytes: Uint8Array) => CounterKey
}

export const keySecretBytes = 16

/** @param secret 16 random bytes, the same in every thread of a process */
export function keyMaker(secret: Uint8Array): KeyMaker {
  const view = new DataView(secret.buffer, secret.byteOffset, keySecretBytes)
  const one = new HalfSipHash(view.getInt32(0, true), view.getInt32(4, true))
  const other = new HalfSipHash(view.getInt32(8, true), view.getInt32(12, true))
  return {
    ofParts: (parts, coarseParts = parts.slice(0, 1)) => {
      one.begin()
      other.begin()
      for (const part of parts) addText(part)
      one.end()
      other.end()
      return { ...words(), parts, coarseParts }
    },
    ofBytes: (bytes) => {
      one.begin()
      other.begin()
      const view = new DataView(bytes.buffer, bytes.byteOffset, 16)
      for (let offset = 0; offset < 16; offset += 4) addWord(view.getInt32(offset, true))
      one.end()
      other.end()
      const parts = [Buffer.from(bytes.buffer, bytes.byteOffset, 16).toString('base64url')]
      return { ...words(), parts, coarseParts: parts }
    },
  }

  function words(): Words {
    return { first: one.low, second: one.high, third: other.low, fourth: other.high }
  }

  // The length first, so that no two lists of texts run into the same words.
  function addText(text: string): void {
    const { length } = text
    addWord(length)
    for (let index = 0; index < length; index += 2) {
      // Behind the end charCodeAt is NaN, which is 0 here.
      addWord(text.charCodeAt(index) | (text.charCodeAt(index + 1) << 16))
    }
  }

  function addWord(word: number): void {
    one.add(word)
    other.add(word)
  }
}

/**
 * HalfSipHash-2-4 with 64 bits of output (J.-P. Aumasson, https://github.com/veorq/SipHash): a keyed hash of
 * 32-bit words, which JavaScript computes without a single allocation. Two of them under two keys
 * make 128 bits. The output is never shown to anybody.
 */
export class HalfSipHash {
  low = 0
  high = 0
  readonly #k0: number
  readonly #k1: number
  #v0 = 0
  #v1 = 0
  #v2 = 0
  #v3 = 0
  #words = 0

  constructor(k0: number, k1: number) {
    this.#k0 = k0
    this.#k1 = k1
  }

  begin(): void {
    this.#v0 = this.#k0
    this.#v1 = this.#k1 ^ 0xee
    this.#v2 = 0x6c796765 ^ this.#k0
    this.#v3 = 0x74656462 ^ this.#k1
    this.#words = 0
  }

  add(word: number): void {
    this.#v3 ^= word
    this.#round()
    this.#round()
    this.#v0 ^= word
    this.#words++
  }

  /** @param tail up to three bytes that make no word, little-endian, above them 0 */
  end(tail = 0, tailBytes = 0): void {
    this.add(((this.#words * 4 + tailBytes) << 24) | tail)
    this.#v2 ^= 0xee
    this.#finish()
    this.low = this.#v1 ^ this.#v3
    this.#v1 ^= 0xdd
    this.#finish()
    this.high = this.#v1 ^ this.#v3
  }

  #finish(): void {
    this.#round()
    this.#round()
    this.#round()
    this.#round()
  }

  #round(): void {
    let v0 = this.#v0
    let v1 = this.#v1
    let v2 = this.#v2
    let v3 = this.#v3
    v0 = (v0 + v1) | 0
    v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0
    v0 = (v0 << 16) | (v0 >>> 16)
    v2 = (v2 + v3) | 0
    v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2
    v0 = (v0 + v3) | 0
    v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0
    v2 = (v2 + v1) | 0
    v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2
    v2 = (v2 << 16) | (v2 >>> 16)
    this.#v0 = v0
    this.#v1 = v1
    this.#v2 = v2
    this.#v3 = v3
  }
}
