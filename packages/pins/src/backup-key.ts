import { createCipheriv, pbkdf2, randomBytes } from 'node:crypto'
import { promisify } from 'node:util'
import {
  derInteger,
  derNull,
  derOctetString,
  derOid,
  derSequence,
  generateKey,
  type KeyKind,
  toPem,
} from '@sallyport/pki'
import { pinOf } from './pin.ts'

const derive = promisify(pbkdf2)

const oids = {
  pbes2: '1.2.840.113549.1.5.13',
  pbkdf2: '1.2.840.113549.1.5.12',
  hmacSha256: '1.2.840.113549.2.9',
  aes256Cbc: '2.16.840.1.101.3.4.1.42',
} as const

/** What OWASP asks of PBKDF2 with HMAC-SHA-256; Node's own export has 2,048. */
export const backupIterations = 600_000

export type BackupKey = {
  readonly pin: string
  /** PEM, ENCRYPTED PRIVATE KEY (RFC 5958 §3, RFC 8018 §6.2), as OpenSSL reads it. */
  readonly encryptedPem: string
}

/** A key pair of which only the pin is kept in the open. */
export async function makeBackupKey(kind: KeyKind, passphrase: string): Promise<BackupKey> {
  const { privateKey, publicKey } = await generateKey(kind)
  const pkcs8 = privateKey.export({ format: 'der', type: 'pkcs8' })
  try {
    return { pin: pinOf(publicKey), encryptedPem: await encrypted(pkcs8, passphrase) }
  } finally {
    pkcs8.fill(0)
  }
}

async function encrypted(pkcs8: Buffer, passphrase: string): Promise<string> {
  const salt = randomBytes(16)
  const iv = randomBytes(16)
  const key = await derive(passphrase.normalize('NFC'), salt, backupIterations, 32, 'sha256')
  const cipher = createCipheriv('aes-256-cbc', key, iv)
  const sealed = Buffer.concat([cipher.update(pkcs8), cipher.final()])
  key.fill(0)
  const derivation = derSequence(
    derOid(oids.pbkdf2),
    derSequence(
      derOctetString(salt),
      derInteger(backupIterations),
      derSequence(derOid(oids.hmacSha256), derNull()),
    ),
  )
  const scheme = derSequence(derOid(oids.aes256Cbc), derOctetString(iv))
  const algorithm = derSequence(derOid(oids.pbes2), derSequence(derivation, scheme))
  return toPem('ENCRYPTED PRIVATE KEY', derSequence(algorithm, derOctetString(sealed)))
}
