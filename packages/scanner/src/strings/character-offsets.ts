import type { TextEncoding } from './text-encoding.ts'

const strideCharacters = 1024

/**
 * At which byte of what it was decoded from a character of a text lies. Bytes that are malformed in their encoding
 * became U+FFFD, and offsets behind them drift.
 *
 * @param bytes how many it was decoded from
 */
export function byteOffsets(
  text: string,
  encoding: TextEncoding,
  bytes: number,
): (index: number) => number {
  if (encoding === 'utf16le' || encoding === 'utf16be') return (index) => index * 2
  return text.length === bytes ? (index) => index : utf8Offsets(text)
}

/**
 * At which byte of its UTF-8 form a character of a text lies. Prepared on the first question: most texts are never
 * asked about.
 */
function utf8Offsets(text: string): (index: number) => number {
  let strides: Uint32Array | undefined
  return (index) => {
    strides ??= strideOffsets(text)
    const stride = Math.min(Math.floor(index / strideCharacters), strides.length - 1)
    const from = stride * strideCharacters
    return (strides[stride] ?? 0) + utf8Length(text, from, Math.min(index, text.length))
  }
}

function strideOffsets(text: string): Uint32Array {
  const offsets = new Uint32Array(Math.floor(text.length / strideCharacters) + 1)
  for (let stride = 1, bytes = 0; stride < offsets.length; stride++) {
    const to = stride * strideCharacters
    bytes += utf8Length(text, to - strideCharacters, to)
    offsets[stride] = bytes
  }
  return offsets
}

/** A pair of surrogates is four bytes: two are counted for each half, so that no cut between them matters. */
function utf8Length(text: string, from: number, to: number): number {
  let bytes = 0
  for (let index = from; index < to; index++) {
    const unit = text.charCodeAt(index)
    if (unit < 0x80) bytes += 1
    else if (unit < 0x800 || (unit >= 0xd800 && unit <= 0xdfff)) bytes += 2
    else bytes += 3
  }
  return bytes
}
