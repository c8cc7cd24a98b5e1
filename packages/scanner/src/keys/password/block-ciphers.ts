import { createDecipheriv, type CipherCCMTypes, type CipherGCMTypes } from 'node:crypto'
import { KeyFault } from '../key-fault.ts'
import { decryptRc2 } from './rc2.ts'
import { decryptRc4 } from './rc4.ts'

/** A cipher with its padding. Throws KeyFault where the padding or the tag is wrong. */
export type Cipher = {
  readonly name: string
  readonly keyBytes: number
  readonly ivBytes: number
  readonly decrypt: (key: Buffer, iv: Buffer, data: Buffer) => Buffer
}

export const ciphers = {
  'DES-EDE3-CBC': openSsl('des-ede3-cbc', 24, 8),
  // DES is DES-EDE3 with one key thrice: OpenSSL 3 has it in no provider that is loaded.
  'DES-CBC': {
    ...openSsl('des-ede3-cbc', 8, 8, (key) => Buffer.concat([key, key, key])),
    name: 'DES-CBC',
  },
  'DES-EDE2-CBC': {
    ...openSsl('des-ede3-cbc', 16, 8, (key) => Buffer.concat([key, key.subarray(0, 8)])),
    name: 'DES-EDE2-CBC',
  },
  'AES-128-CBC': openSsl('aes-128-cbc', 16, 16),
  'AES-192-CBC': openSsl('aes-192-cbc', 24, 16),
  'AES-256-CBC': openSsl('aes-256-cbc', 32, 16),
  'AES-128-GCM': gcm('aes-128-gcm', 16),
  'AES-256-GCM': gcm('aes-256-gcm', 32),
  'RC2-40-CBC': rc2(40),
  'RC2-64-CBC': rc2(64),
  'RC2-128-CBC': rc2(128),
  'RC4-40': rc4(40),
  'RC4-128': rc4(128),
} as const satisfies Record<string, Cipher>

function openSsl(
  name: string,
  keyBytes: number,
  ivBytes: number,
  keyOf = (key: Buffer) => key,
): Cipher {
  const decrypt = (key: Buffer, iv: Buffer, data: Buffer) =>
    unlessWrong(() => {
      const decipher = createDecipheriv(name, keyOf(key), iv)
      return Buffer.concat([decipher.update(data), decipher.final()])
    })
  return { name: name.toUpperCase(), keyBytes, ivBytes, decrypt }
}

const tagBytes = 16

function gcm(name: CipherGCMTypes, keyBytes: number): Cipher {
  const decrypt = (key: Buffer, iv: Buffer, data: Buffer) =>
    unlessWrong(() => {
      const decipher = createDecipheriv(name, key, iv, { authTagLength: tagBytes })
      decipher.setAuthTag(data.subarray(-tagBytes))
      return Buffer.concat([decipher.update(data.subarray(0, -tagBytes)), decipher.final()])
    })
  return { name: name.toUpperCase(), keyBytes, ivBytes: 12, decrypt }
}

/** AES-CCM, whose tag lies at the end of the data (RFC 5084 §3.1). BCFKS is sealed with it. */
export function decryptCcm(
  options: { readonly key: Buffer; readonly nonce: Buffer; readonly tagBytes: number },
  data: Buffer,
): Buffer {
  const { key, nonce, tagBytes: authTagLength } = options
  const name: CipherCCMTypes = key.length === 16 ? 'aes-128-ccm' : 'aes-256-ccm'
  return unlessWrong(() => {
    const sealed = data.subarray(0, -authTagLength)
    const decipher = createDecipheriv(name, key, nonce, { authTagLength })
    decipher.setAuthTag(data.subarray(-authTagLength))
    decipher.setAAD(Buffer.alloc(0), { plaintextLength: sealed.length })
    return Buffer.concat([decipher.update(sealed), decipher.final()])
  })
}

function rc2(effectiveBits: number): Cipher {
  return {
    name: `RC2-${effectiveBits}-CBC`,
    keyBytes: effectiveBits / 8,
    ivBytes: 8,
    decrypt: (key, iv, data) => decryptRc2({ key, effectiveBits, iv, data }),
  }
}

function rc4(bits: number): Cipher {
  return {
    name: `RC4-${bits}`,
    keyBytes: bits / 8,
    ivBytes: 0,
    decrypt: (key, _iv, data) => decryptRc4(key, data),
  }
}

/** What OpenSSL says of wrong padding, a wrong tag or a length that is not whole blocks is all the same here. */
function unlessWrong(decrypt: () => Buffer): Buffer {
  try {
    return decrypt()
  } catch {
    throw new KeyFault('not decrypted by this key')
  }
}
