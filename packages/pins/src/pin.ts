import { createHash, type KeyObject } from 'node:crypto'

/**
 * The pin of a public key, as all platforms write it: base64 of the SHA-256 of its DER SubjectPublicKeyInfo,
 * 44 characters (RFC 7469 §2.4).
 */
export function pinOf(key: KeyObject): string {
  const spki = key.export({ format: 'der', type: 'spki' })
  return createHash('sha256').update(spki).digest('base64')
}
