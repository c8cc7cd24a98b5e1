import { createPublicKey, type KeyObject } from 'node:crypto'
import { readDer } from './der/der-cursor.ts'
import { DerError } from './der/der-error.ts'
import { bitStringOctetsOf, integerBytesOf } from './der/der-value.ts'
import { objectIdentifierOf } from './der/object-identifier.ts'
import { tags } from './der/tag.ts'
import { type KeyKind, rsaKeyKind } from './key-kind.ts'

const ecPublicKey = '1.2.840.10045.2.1'
const rsaEncryption = '1.2.840.113549.1.1.1'

const curves: ReadonlyMap<string, { kind: KeyKind; pointBytes: number }> = new Map([
  ['1.2.840.10045.3.1.7', { kind: 'ec-p256', pointBytes: 65 }],
  ['1.3.132.0.34', { kind: 'ec-p384', pointBytes: 97 }],
])

export type SubjectPublicKey = {
  /** Undefined where the key is none that can be certified. */
  readonly kind: KeyKind | undefined
  /** For a person: `rsaEncryption, 1024 bits`, `ecPublicKey, curve 1.3.132.0.10`. */
  readonly description: string
}

/**
 * Tells the kind of key from its SubjectPublicKeyInfo, cheaply and before anything is computed with
 * it. A key of a kind we certify has exactly one accepted encoding (RFC 5480 §2.1.1, §2.2, RFC 3279
 * §2.3.1): named curve, uncompressed point, NULL parameters; so that the hash of its SPKI is its name.
 * Whether the point lies on the curve is not checked here. Throws DerError.
 */
export function readSubjectPublicKey(spki: Uint8Array): SubjectPublicKey {
  const outer = readDer(spki)
  const info = outer.enter('SubjectPublicKeyInfo')
  outer.end('SubjectPublicKeyInfo')
  const algorithm = info.enter('key algorithm')
  const oid = objectIdentifierOf(algorithm.next(tags.oid, 'key algorithm'))
  const key = info.next(tags.bitString, 'subjectPublicKey')
  info.end('SubjectPublicKeyInfo')
  if (oid === ecPublicKey) {
    const curveOid = objectIdentifierOf(algorithm.next(tags.oid, 'named curve'))
    algorithm.end('key algorithm')
    const description = `ecPublicKey, curve ${curveOid}`
    const curve = curves.get(curveOid)
    if (curve === undefined) return { kind: undefined, description }
    const point = bitStringOctetsOf(key, 'EC point')
    if (point.length !== curve.pointBytes || point[0] !== 4) {
      throw new DerError('EC point: expected an uncompressed point of the curve', key.offset)
    }
    return { kind: curve.kind, description: curve.kind }
  }
  if (oid === rsaEncryption) {
    const parameters = algorithm.next(tags.null, 'RSA parameters')
    if (parameters.content.length !== 0) {
      throw new DerError('RSA parameters: NULL with content', parameters.offset)
    }
    algorithm.end('key algorithm')
    return readRsaKey(bitStringOctetsOf(key, 'RSA key'))
  }
  return { kind: undefined, description: `algorithm ${oid}` }
}

/** RSAPublicKey, RFC 8017 A.1.1. */
function readRsaKey(octets: Buffer): SubjectPublicKey {
  const outer = readDer(octets)
  const key = outer.enter('RSAPublicKey')
  outer.end('RSAPublicKey')
  const modulusElement = key.next(tags.integer, 'modulus')
  const modulus = unsigned(integerBytesOf(modulusElement, 'modulus'))
  const exponent = unsigned(integerBytesOf(key.next(tags.integer, 'publicExponent')))
  key.end('RSAPublicKey')
  if (modulus === undefined || exponent === undefined) {
    throw new DerError('RSAPublicKey: negative or zero', modulusElement.offset)
  }
  const bits = modulus.length * 8 + 24 - Math.clz32(modulus.readUInt8(0))
  const kind =
    exponent.length > 4 ? undefined : rsaKeyKind(bits, BigInt(`0x${exponent.toString('hex')}`))
  return { kind, description: `rsaEncryption, ${bits} bits` }
}

function unsigned(integer: Buffer): Buffer | undefined {
  if (integer.readUInt8(0) >= 0x80) return undefined
  const magnitude = integer[0] === 0 ? integer.subarray(1) : integer
  return magnitude.length === 0 ? undefined : magnitude
}

/** The key itself. Throws what node:crypto throws, for a point off the curve among others. */
export function publicKeyFromSpki(spki: Buffer): KeyObject {
  return createPublicKey({ key: spki, format: 'der', type: 'spki' })
}
