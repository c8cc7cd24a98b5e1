const base64urlAlphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const base32Alphabet = 'abcdefghijklmnopqrstuvwxyz234567'

/** Bytes as base64url without padding (RFC 4648 §5). */
export function toBase64url(bytes: Uint8Array): string {
  return encode(bytes, base64urlAlphabet, 6)
}

/** Bytes as lower-case base32 without padding (RFC 4648 §6). */
export function toBase32(bytes: Uint8Array): string {
  return encode(bytes, base32Alphabet, 5)
}

/**
 * Base64url without padding as bytes, or undefined: no padding, no other alphabet, no white space,
 * no bits left over, so that every byte string has exactly one accepted form.
 */
export function fromBase64url(text: string): Uint8Array | undefined {
  if (text.length % 4 === 1) return undefined
  const bytes = new Uint8Array(Math.floor((text.length * 6) / 8))
  let buffer = 0
  let bits = 0
  let at = 0
  for (let index = 0; index < text.length; index++) {
    const value = base64urlValues[text.charCodeAt(index)]
    if (value === undefined || value < 0) return undefined
    buffer = ((buffer << 6) | value) & 0xffffff
    bits += 6
    if (bits >= 8) {
      bits -= 8
      bytes[at++] = (buffer >> bits) & 0xff
    }
  }
  return (buffer & ((1 << bits) - 1)) === 0 ? bytes : undefined
}

const base64urlValues = new Int8Array(128).fill(-1)
for (const [value, character] of [...base64urlAlphabet].entries()) {
  base64urlValues[character.charCodeAt(0)] = value
}

function encode(bytes: Uint8Array, alphabet: string, width: number): string {
  const mask = (1 << width) - 1
  let text = ''
  let buffer = 0
  let bits = 0
  for (const byte of bytes) {
    buffer = ((buffer << 8) | byte) & 0xffff
    bits += 8
    while (bits >= width) {
      bits -= width
      text += alphabet[(buffer >> bits) & mask]
    }
  }
  return bits === 0 ? text : text + alphabet[(buffer << (width - bits)) & mask]
}
