import { createPrivateKey, type KeyObject, type webcrypto } from 'node:crypto'
import { type Contents, nothingHeld } from '../contents.ts'
import { KeyFault } from '../key-fault.ts'
import { ByteCursor } from './byte-cursor.ts'
import { holdKey, lockedForGood } from './private-key.ts'

export const opensshMagic = Buffer.from('openssh-key-v1\0', 'latin1')

/** A private key as OpenSSH writes it (PROTOCOL.key). Keys behind bcrypt are not opened. */
export function readOpenSshKey(bytes: Buffer): { contents: Contents; length: number } {
  const cursor = new ByteCursor(bytes)
  cursor.take(opensshMagic.length)
  const cipher = cursor.block().toString('latin1')
  const derivation = cursor.block().toString('latin1')
  cursor.block()
  if (cursor.uint32() !== 1) throw new KeyFault('not one key')
  cursor.block()
  const secret = cursor.block()
  if (cipher !== 'none' || derivation !== 'none') {
    if (!/^[\w@.+-]{1,40}$/.test(cipher)) throw new KeyFault('no cipher')
    const seal = lockedForGood('a private key', `OpenSSH (bcrypt; ${cipher})`)
    return { contents: { ...nothingHeld, sealed: [seal] }, length: cursor.at }
  }
  const inner = new ByteCursor(secret)
  if (inner.uint32() !== inner.uint32()) throw new KeyFault('check words differ')
  const type = inner.block().toString('latin1')
  const read = Object.hasOwn(keyReaders, type) ? keyReaders[type] : undefined
  if (read === undefined) {
    const seal = lockedForGood('a private key', `OpenSSH key of type ${type.slice(0, 40)}`)
    return { contents: { ...nothingHeld, sealed: [seal] }, length: cursor.at }
  }
  return { contents: holdKey(read(inner)), length: cursor.at }
}

const keyReaders: Readonly<Record<string, (cursor: ByteCursor) => KeyObject>> = {
  'ssh-ed25519': (cursor) => {
    const x = cursor.block()
    return fromJwk({ kty: 'OKP', crv: 'Ed25519', x, d: cursor.block().subarray(0, 32) })
  },
  'ssh-rsa': (cursor) => {
    const [n, e, d, qi, p, q] = Array.from({ length: 6 }, () => number(cursor))
    if (!n || !e || !d || !qi || !p || !q) throw new KeyFault('cut short')
    const exponent = (prime: Buffer) => bytesOf(integerOf(d) % (integerOf(prime) - 1n))
    if (integerOf(p) < 2n || integerOf(q) < 2n) throw new KeyFault('no prime')
    return fromJwk({ kty: 'RSA', n, e, d, p, q, qi, dp: exponent(p), dq: exponent(q) })
  },
  'ecdsa-sha2-nistp256': ecKey('P-256', 32),
  'ecdsa-sha2-nistp384': ecKey('P-384', 48),
  'ecdsa-sha2-nistp521': ecKey('P-521', 66),
}

function ecKey(crv: string, bytes: number) {
  return (cursor: ByteCursor) => {
    cursor.block()
    const point = cursor.block()
    if (point.length !== 1 + 2 * bytes) throw new KeyFault('no point')
    const d = number(cursor)
    if (d.length > bytes) throw new KeyFault('no scalar')
    return fromJwk({
      kty: 'EC',
      crv,
      x: point.subarray(1, 1 + bytes),
      y: point.subarray(1 + bytes),
      d: Buffer.concat([Buffer.alloc(bytes - d.length), d]),
    })
  }
}

/** An `mpint`, without the zero that keeps it positive. */
function number(cursor: ByteCursor): Buffer {
  const block = cursor.block()
  return block[0] === 0 ? block.subarray(1) : block
}

const integerOf = (bytes: Buffer): bigint => BigInt(`0x0${bytes.toString('hex')}`)

function bytesOf(integer: bigint): Buffer {
  const digits = integer.toString(16)
  return Buffer.from(digits.length % 2 === 0 ? digits : `0${digits}`, 'hex')
}

function fromJwk(members: Readonly<Record<string, string | Buffer>>): KeyObject {
  const encoded = Object.entries(members).map(([name, value]) => [
    name,
    typeof value === 'string' ? value : value.toString('base64url'),
  ])
  try {
    return createPrivateKey({
      key: Object.fromEntries(encoded) as webcrypto.JsonWebKey,
      format: 'jwk',
    })
  } catch {
    throw new KeyFault('no private key')
  }
}
