import { hash } from 'node:crypto'
import { repeatHash } from './repeated-hash.ts'

/** What a derived value is for (RFC 7292 B.3). */
export const pkcs12Purposes = { key: 1, iv: 2, mac: 3 } as const

/**
 * The key derivation of PKCS#12 (RFC 7292 B.2), which BKS uses as well.
 *
 * @param password as {@link bmpPassword} writes it
 * @param rounds bounded by the caller
 */
export function pkcs12Key(options: {
  readonly digest: string
  readonly purpose: number
  readonly password: Buffer
  readonly salt: Buffer
  readonly rounds: number
  readonly length: number
}): Buffer {
  const { digest, purpose, password, salt, rounds, length } = options
  const blockBytes = digest === 'sha384' || digest === 'sha512' ? 128 : 64
  const diversifier = Buffer.alloc(blockBytes, purpose)
  const mixed = Buffer.concat([fillBlocks(salt, blockBytes), fillBlocks(password, blockBytes)])
  const parts: Buffer[] = []
  for (let made = 0; made < length; ) {
    const first = hash(digest, Buffer.concat([diversifier, mixed]), 'buffer')
    const block = repeatHash(digest, first, { rounds: rounds - 1 })
    parts.push(block)
    made += block.length
    if (made < length) addToEachBlock(mixed, fillBlocks(block, blockBytes).subarray(0, blockBytes))
  }
  return Buffer.concat(parts).subarray(0, length)
}

/** UTF-16, big endian, with two zero octets at the end (RFC 7292 B.1). */
export function bmpPassword(password: string): Buffer {
  return Buffer.from(`${password}\0`, 'utf16le').swap16()
}

/** Repeated up to a whole number of blocks; nothing stays nothing. */
function fillBlocks(bytes: Buffer, blockBytes: number): Buffer {
  const filled = Buffer.alloc(Math.ceil(bytes.length / blockBytes) * blockBytes)
  if (bytes.length > 0) filled.fill(bytes)
  return filled
}

/** Every block of `mixed` plus `addend` plus one, as big-endian numbers without the last carry. */
function addToEachBlock(mixed: Buffer, addend: Buffer): void {
  for (let start = 0; start < mixed.length; start += addend.length) {
    let carry = 1
    for (let index = addend.length - 1; index >= 0; index--) {
      const sum = (mixed[start + index] ?? 0) + (addend[index] ?? 0) + carry
      mixed[start + index] = sum & 0xff
      carry = sum >> 8
    }
  }
}
