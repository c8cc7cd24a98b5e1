import { createPrivateKey, type KeyObject } from 'node:crypto'
import { type BerElement, berTags, expectTag, readBer } from '../ber.ts'
import { type Contents, nothingHeld, type Sealed } from '../contents.ts'
import { KeyFault, unlessFault } from '../key-fault.ts'
import { readPasswordEncryption } from '../password/password-encryption.ts'

export const maxPrivateKeyBytes = 32 * 1024

/** @throws KeyFault where it is no private key that OpenSSL reads */
export function privateKeyOf(der: Buffer, type: 'pkcs8' | 'pkcs1' | 'sec1'): KeyObject {
  if (der.length > maxPrivateKeyBytes) throw new KeyFault('too long for a private key')
  try {
    return createPrivateKey({ key: der, format: 'der', type })
  } catch {
    throw new KeyFault('no private key')
  }
}

/** Contents of one key that is open. */
export function holdKey(key: KeyObject, alias?: string): Contents {
  return { ...nothingHeld, keys: [alias === undefined ? { key } : { key, alias }] }
}

/** An EncryptedPrivateKeyInfo (RFC 5958 §3): of PKCS#8, PKCS#12, JKS and JCEKS. */
export function sealedPrivateKey(info: BerElement, alias?: string): Sealed {
  const [algorithm, sealed] = info.children()
  const encryption = readPasswordEncryption(expectTag(algorithm, berTags.sequence, 'algorithm'))
  const data = Buffer.from((sealed ?? info).octets())
  return {
    holds: 'a private key',
    ...(alias === undefined ? {} : { alias }),
    protection: encryption.protection,
    rounds: encryption.rounds,
    // Padding alone lets one wrong password in 256 through: what comes out must be a key, too.
    open: (password) =>
      unlessFault(() => {
        const plain = readBer(encryption.decrypt(password, data)).whole
        return holdKey(privateKeyOf(plain, 'pkcs8'), alias)
      }),
  }
}

/** What no password opens here. */
export function lockedForGood(holds: Sealed['holds'], why: string, alias?: string): Sealed {
  return {
    holds,
    ...(alias === undefined ? {} : { alias }),
    protection: why,
    rounds: 1,
    open: () => {
      throw new KeyFault(why)
    },
  }
}
