import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { derOctetString, derOid, derSequence } from '../der/index.ts'

/** A cipher of contents, in CBC (RFC 3565 §2.3, RFC 3370 §5.1). */
export type ContentCipher = {
  readonly name: 'aes-128-cbc' | 'aes-192-cbc' | 'aes-256-cbc' | 'des-ede3-cbc'
  readonly oid: string
  readonly keyBytes: number
  readonly ivBytes: number
}

/** `des-ede3-cbc` is what clients of SCEP write that know no AES: it is read where the caller allows it. */
export const contentCiphers: readonly ContentCipher[] = [
  { name: 'aes-128-cbc', oid: '2.16.840.1.101.3.4.1.2', keyBytes: 16, ivBytes: 16 },
  { name: 'aes-192-cbc', oid: '2.16.840.1.101.3.4.1.22', keyBytes: 24, ivBytes: 16 },
  { name: 'aes-256-cbc', oid: '2.16.840.1.101.3.4.1.42', keyBytes: 32, ivBytes: 16 },
  { name: 'des-ede3-cbc', oid: '1.2.840.113549.3.7', keyBytes: 24, ivBytes: 8 },
]

/** Throws what node:crypto throws, of padding among others. */
export function decryptContent(
  cipher: ContentCipher,
  { key, iv, encrypted }: { key: Uint8Array; iv: Uint8Array; encrypted: Uint8Array },
): Buffer {
  const decipher = createDecipheriv(cipher.name, key, iv)
  return Buffer.concat([decipher.update(encrypted), decipher.final()])
}

/** Encrypts under a new key. `algorithm`: DER ContentEncryptionAlgorithmIdentifier. */
export function encryptContent(
  cipher: ContentCipher,
  content: Uint8Array,
): { key: Buffer; algorithm: Buffer; encrypted: Buffer } {
  const key = randomBytes(cipher.keyBytes)
  const iv = randomBytes(cipher.ivBytes)
  const encipher = createCipheriv(cipher.name, key, iv)
  const encrypted = Buffer.concat([encipher.update(content), encipher.final()])
  return { key, algorithm: derSequence(derOid(cipher.oid), derOctetString(iv)), encrypted }
}
