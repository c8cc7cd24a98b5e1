import { hash } from 'node:crypto'
import { KeyFault } from '../key-fault.ts'
import { ciphers } from './block-ciphers.ts'
import { repeatHash } from './repeated-hash.ts'

const sha1Bytes = 20

/** A password as Java's own keystores hash it: UTF-16, big endian. */
export function javaPassword(password: string): Buffer {
  return Buffer.from(password, 'utf16le').swap16()
}

/**
 * The stream cipher of JKS (`sun.security.provider.KeyProtector`): a salt of 20 octets, the key mixed with SHA-1 of
 * the password and the block before, and SHA-1 of password and key, which proves the password.
 */
export function decryptJks(password: string, data: Buffer): Buffer {
  if (data.length < 2 * sha1Bytes) throw new KeyFault('cut short')
  const secret = javaPassword(password)
  const sealed = data.subarray(sha1Bytes, -sha1Bytes)
  const plain = Buffer.alloc(sealed.length)
  let block = data.subarray(0, sha1Bytes)
  for (let at = 0; at < sealed.length; at += sha1Bytes) {
    block = hash('sha1', Buffer.concat([secret, block]), 'buffer')
    const end = Math.min(at + sha1Bytes, sealed.length)
    for (let index = at; index < end; index++) {
      plain[index] = (sealed[index] ?? 0) ^ (block[index - at] ?? 0)
    }
  }
  const proof = hash('sha1', Buffer.concat([secret, plain]), 'buffer')
  if (!proof.equals(data.subarray(-sha1Bytes))) throw new KeyFault('another password')
  return plain
}

/**
 * PBEWithMD5AndTripleDES of JCEKS (`com.sun.crypto.provider.PBES1Core`): each half of the salt is hashed with the
 * password for itself; where the halves are the same, the first is written backwards.
 */
export function decryptJceks(options: {
  readonly password: string
  readonly salt: Buffer
  readonly rounds: number
  readonly data: Buffer
}): Buffer {
  const { password, rounds, data } = options
  // Characters are cut to their lower seven bits (PBEKey).
  const secret = Buffer.from(Buffer.from(password, 'latin1').map((byte) => byte & 0x7f))
  const halves = [options.salt.subarray(0, 4), options.salt.subarray(4, 8)] as const
  const isTwice = halves[0].equals(halves[1])
  const first = isTwice ? reversedAsSunDoes(halves[0]) : halves[0]
  const derived = Buffer.concat(
    [first, halves[1]].map((half) => {
      const digest = hash('md5', Buffer.concat([half, secret]), 'buffer')
      return repeatHash('md5', digest, { rounds: rounds - 1, suffix: secret })
    }),
  )
  const { decrypt } = ciphers['DES-EDE3-CBC']
  return decrypt(derived.subarray(0, 24), derived.subarray(24, 32), data)
}

/** The loop there swaps with a wrong index and leaves octets 3, 0, 1, 3: every file was written so. */
function reversedAsSunDoes(half: Buffer): Buffer {
  const turned = Buffer.from(half)
  for (let index = 0; index < 2; index++) {
    const kept = turned[index] ?? 0
    turned[index] = turned[3 - index] ?? 0
    turned[3 - 1] = kept
  }
  return turned
}
