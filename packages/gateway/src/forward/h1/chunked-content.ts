import { invalid, parseTrailers } from './response-head.ts'
import { responseLimits } from './response-limits.ts'

type State = 'size' | 'extension' | 'sizeEnd' | 'content' | 'contentCr' | 'contentLf' | 'trailers'

/** Reads chunked content (RFC 9112 §7.1) strictly, a piece at a time. */
export class ChunkedContent {
  /** Set once the last chunk and the trailer section were read. */
  trailers: readonly string[] | undefined
  readonly #sink: { onContent(chunk: Buffer): void }
  #state: State = 'size'
  #size = 0
  #digits = 0
  #extensionBytes = 0
  #extensionTotal = 0
  #trailerText = ''

  constructor(sink: { onContent(chunk: Buffer): void }) {
    this.#sink = sink
  }

  /** @returns where it stopped: behind the empty line that ends the message, or at the end of bytes. */
  execute(bytes: Buffer, start: number): number {
    let position = start
    while (position < bytes.length) {
      if (this.#state === 'content') {
        position = this.#content(bytes, position)
        continue
      }
      const byte = bytes[position++] ?? 0
      switch (this.#state) {
        case 'size':
          this.#sizeByte(byte)
          break
        case 'extension':
          this.#extensionByte(byte)
          break
        case 'sizeEnd':
          expectByte(byte, lf)
          this.#state = this.#size === 0 ? 'trailers' : 'content'
          break
        case 'contentCr':
          expectByte(byte, cr)
          this.#state = 'contentLf'
          break
        case 'contentLf':
          expectByte(byte, lf)
          this.#state = 'size'
          this.#digits = 0
          break
        case 'trailers':
          this.#trailerByte(byte)
          if (this.trailers !== undefined) return position
          break
      }
    }
    return position
  }

  #sizeByte(byte: number): void {
    const digit = hexDigit(byte)
    if (digit !== -1) {
      if (++this.#digits > responseLimits.chunkSizeDigits) {
        throw invalid('a chunk size', `at most ${responseLimits.chunkSizeDigits} digits`, 'more')
      }
      this.#size = this.#digits === 1 ? digit : this.#size * 16 + digit
      return
    }
    if (this.#digits === 0) throw invalidByte('a chunk size', 'a hexadecimal digit', byte)
    if (byte === semicolon) {
      this.#state = 'extension'
      this.#extensionBytes = 0
    } else if (byte === cr) this.#state = 'sizeEnd'
    else throw invalidByte('a chunk size', 'a hexadecimal digit, a semicolon or CRLF', byte)
  }

  #extensionByte(byte: number): void {
    if (byte === cr) {
      this.#state = 'sizeEnd'
      return
    }
    if ((byte < 0x20 && byte !== tab) || byte === 0x7f) {
      throw invalidByte('a chunk extension', 'no control characters', byte)
    }
    this.#extensionTotal++
    if (
      ++this.#extensionBytes > responseLimits.chunkExtensionBytes ||
      this.#extensionTotal > responseLimits.chunkExtensionTotalBytes
    ) {
      throw invalid(
        'chunk extensions',
        `at most ${responseLimits.chunkExtensionBytes} bytes`,
        'more',
      )
    }
  }

  #content(bytes: Buffer, start: number): number {
    const end = Math.min(bytes.length, start + this.#size)
    this.#size -= end - start
    if (this.#size === 0) this.#state = 'contentCr'
    this.#sink.onContent(bytes.subarray(start, end))
    return end
  }

  #trailerByte(byte: number): void {
    if (this.#trailerText.length >= responseLimits.trailerBytes) {
      throw invalid('the trailer section', `at most ${responseLimits.trailerBytes} bytes`, 'more')
    }
    const text = this.#trailerText + String.fromCharCode(byte)
    this.#trailerText = text
    if (byte === lf && (text === '\r\n' || text.endsWith('\r\n\r\n'))) {
      this.trailers = parseTrailers(text.slice(0, -2))
    }
  }
}

function expectByte(byte: number, expected: number): void {
  if (byte !== expected) throw invalidByte('a chunk', 'CRLF behind its size and content', byte)
}

function invalidByte(what: string, expected: string, byte: number): Error {
  return invalid(what, expected, String.fromCharCode(byte))
}

function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30
  const lower = byte | 0x20
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1
}

const cr = 0x0d
const lf = 0x0a
const tab = 0x09
const semicolon = 0x3b
