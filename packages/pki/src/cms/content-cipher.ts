import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { derOctetString, derOid, derSequence } from '../der/index.ts'

/** A cipher of contents, in CBC (RFC 3565 §2.3, RFC 3370 §5.1). */
export type ContentCipher = {
  readonly name: 'aes-128-cbc' | 'aes-192-cbc' | 'aes-256-cbc' | 'des-ede3-cbc' | 'des-cbc'
  readonly oid: string
  readonly keyBytes: number
  readonly ivBytes: number
}

/**
 * Those of DES are what old clients of SCEP write, `des-cbc` among them those that know AES: they are read
 * where the caller allows it.
 */
export const contentCiphers: readonly ContentCipher[] = [
  { name: 'aes-128-cbc', oid: '2.16.840.1.101.3.4.1.2', keyBytes: 16, ivBytes: 16 },
  { name: 'aes-192-cbc', oid: '2.16.840.1.101.3.4.1.22', keyBytes: 24, ivBytes: 16 },
  { name: 'aes-256-cbc', oid: '2.16.840.1.101.3.4.1.42', keyBytes: 32, ivBytes: 16 },
  { name: 'des-ede3-cbc', oid: '1.2.840.113549.3.7', keyBytes: 24, ivBytes: 8 },
  { name: 'des-cbc', oid: '1.3.14.3.2.7', keyBytes: 8, ivBytes: 8 },
]

/** Throws what node:crypto throws, of padding among others. */
export function decryptContent(
  cipher: ContentCipher,
  { key, iv, encrypted }: { key: Uint8Array; iv: Uint8Array; encrypted: Uint8Array },
): Buffer {
  const decipher =
    cipher.name === 'des-cbc'
      ? // Triple DES of three equal keys is DES, which OpenSSL has no more.
        createDecipheriv('des-ede3-cbc', Buffer.concat([key, key, key]), iv)
      : createDecipheriv(cipher.name, key, iv)
  return Buffer.concat([decipher.update(encrypted), decipher.final()])
}

/** Encrypts under a new key, by any cipher but `des-cbc`. `algorithm`: DER ContentEncryptionAlgorithmIdentifier. */
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
