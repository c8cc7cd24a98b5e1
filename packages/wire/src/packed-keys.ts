import { fromBase64url, toBase32, toBase64url } from './encoding.ts'
import { idPrefixes, isId } from './id.ts'

/**
 * How the keys of a section are packed. `hash`: 32 bytes, as text 43 characters of base64url. `device`: the
 * 16 bytes of a device's id. `text`: whatever is neither, in UTF-8 behind its length (16 bits, big-endian).
 */
export const keyForms = ['hash', 'device', 'text'] as const
export type KeyForm = (typeof keyForms)[number]

/** How many bytes a key takes; undefined where each has its own length. */
export const keyWidths: Readonly<Record<KeyForm, number | undefined>> = {
  hash: 32,
  device: 16,
  text: undefined,
}

const hashCharacters = 43
const maxTextBytes = 1_024

/** A key of the feed as bytes, in the one form that fits it. */
export function packKey(key: string): { readonly form: KeyForm; readonly bytes: Uint8Array } {
  if (key.length === hashCharacters) {
    const bytes = fromBase64url(key)
    if (bytes !== undefined) return { form: 'hash', bytes }
  }
  if (isId('device', key)) {
    const bytes = fromBase32(key.slice(idPrefixes.device.length))
    if (bytes !== undefined) return { form: 'device', bytes }
  }
  const bytes = new TextEncoder().encode(key)
  if (bytes.length > maxTextBytes) throw new RangeError(`a key of ${bytes.length} bytes`)
  return { form: 'text', bytes }
}

/** The key that was packed. */
export function unpackKey(form: KeyForm, bytes: Uint8Array): string {
  if (form === 'hash') return toBase64url(bytes)
  if (form === 'device') return idPrefixes.device + toBase32(bytes)
  return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
}

/** 128 bits of base32; undefined where bits are left over: every id has one form. */
function fromBase32(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array(16)
  let buffer = 0
  let bits = 0
  let at = 0
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    // a–z are 0–25, 2–7 are 26–31.
    buffer = ((buffer << 5) | (code >= 97 ? code - 97 : code - 24)) & 0xffff
    bits += 5
    if (bits >= 8) {
      bits -= 8
      bytes[at++] = (buffer >> bits) & 0xff
    }
  }
  return (buffer & ((1 << bits) - 1)) === 0 ? bytes : undefined
}
