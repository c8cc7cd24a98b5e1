import { createHash } from 'node:crypto'

/** Longer names are cut, with a hash in place of what is left out. Linux allows 4,096 for a whole path. */
const maxCharacters = 1_024
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * Controls, and what turns or hides text around it (bidirectional controls, line separators, zero width, byte order
 * marks); `!/`, which stands for an archive within an archive here; and what escapes are written with.
 */
const unprintable = /[\\\p{Cc}\p{Cf}\p{Zl}\p{Zp}]|!(?=\/)/gu
/** Of names in a code page that nobody names: all but printable ASCII is shown byte by byte. */
const unprintableByte = /[^ -[\]-~]|!(?=\/)/g

/**
 * A name as it can be shown anywhere, and only as long as it should be. Different bytes have different names.
 * It is never used to open a file: what climbs out of a folder climbs nowhere here.
 */
export function printableName(bytes: Buffer): string {
  const text = escapedText(bytes)
  if (text.length <= maxCharacters) return text
  const hash = createHash('sha256').update(bytes).digest('hex').slice(0, 16)
  return `${text.slice(0, 200)}…(${bytes.length} bytes, sha256 ${hash})…${text.slice(-40)}`
}

function escapedText(bytes: Buffer): string {
  try {
    return utf8.decode(bytes).replace(unprintable, escaped)
  } catch {
    return bytes.toString('latin1').replace(unprintableByte, escaped)
  }
}

function escaped(character: string): string {
  if (character === '\\') return '\\\\'
  const code = (character.codePointAt(0) ?? 0).toString(16)
  return code.length <= 2 ? `\\x${code.padStart(2, '0')}` : `\\u{${code}}`
}
