import { readDer } from './der/der-cursor.ts'
import { DerError } from './der/der-error.ts'
import { integerBytesOf } from './der/der-value.ts'
import { derInteger, derSequence } from './der/der-writer.ts'
import { tags } from './der/tag.ts'
import type { KeyKind } from './key-kind.ts'

/*
 * Of every ECDSA signature (r, s) anybody can make a second one, (r, n − s), without the key. A
 * certificate would so have a twin that verifies, with another thumbprint, which no list of revoked or
 * superseded thumbprints has. Our CAs sign in one form alone, s at most half the order, and certificates
 * of ours are believed in no other.
 */

/** The order n of each curve's base point (SEC 2 §2.4.2, §2.5.1). */
const orders: Readonly<Partial<Record<KeyKind, bigint>>> = {
  'ec-p256': 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
  'ec-p384':
    0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n,
}

/** A signature by a key of this kind in its one form. Those of RSA have no other. */
export function canonicalSignature(signature: Buffer, kind: KeyKind): Buffer {
  const order = orders[kind]
  if (order === undefined) return signature
  const { r, s } = readSignature(signature)
  if (s * 2n <= order) return signature
  const hexadecimal = (order - s).toString(16)
  const bytes = Buffer.from(
    hexadecimal.padStart(hexadecimal.length + (hexadecimal.length % 2), '0'),
    'hex',
  )
  return derSequence(r, derInteger(bytes))
}

/** A signature as JOSE has it (RFC 7518 §3.4): r and s side by side, for a key on a curve that we use. */
export function joseSignature(signature: Buffer, kind: KeyKind): Buffer {
  const order = orders[kind]
  if (order === undefined) return signature
  const width = order.toString(16).length / 2
  const outer = readDer(signature)
  const value = outer.enter('ECDSA-Sig-Value')
  return Buffer.concat(
    ['r', 's'].map((name) => {
      const bytes = integerBytesOf(value.next(tags.integer, name), name)
      const whole = Buffer.alloc(width)
      // A leading zero byte keeps the number positive, and says nothing.
      const digits = bytes.subarray(Math.max(0, bytes.length - width))
      whole.set(digits, width - digits.length)
      return whole
    }),
  )
}

/** Whether a signature by a key of this kind has its one form. Not checked: whether it verifies. */
export function isCanonicalSignature(signature: Buffer, kind: KeyKind | undefined): boolean {
  const order = kind === undefined ? undefined : orders[kind]
  if (order === undefined) return kind !== undefined
  try {
    return readSignature(signature).s * 2n <= order
  } catch (error) {
    if (error instanceof DerError) return false
    throw error
  }
}

/** ECDSA-Sig-Value, RFC 3279 §2.2.3: r as it is encoded, s as a number. Throws DerError. */
function readSignature(signature: Buffer): { r: Buffer; s: bigint } {
  const outer = readDer(signature)
  const value = outer.enter('ECDSA-Sig-Value')
  outer.end('ECDSA-Sig-Value')
  const r = value.next(tags.integer, 'r')
  const s = integerBytesOf(value.next(tags.integer, 's'), 's')
  value.end('ECDSA-Sig-Value')
  return { r: r.whole, s: BigInt(`0x${s.toString('hex')}`) }
}
