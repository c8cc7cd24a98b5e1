import { constants, type KeyObject, privateDecrypt, publicEncrypt } from 'node:crypto'
import {
  contextConstructed,
  type DerElement,
  DerError,
  derNull,
  derOid,
  derSequence,
  objectIdentifierOf,
  tags,
} from '../der/index.ts'
import { cmsOids } from './cms-oids.ts'

/** How a content key is encrypted to an RSA key (RFC 3370 §4.2.1, RFC 3560). */
export type KeyTransport =
  | { readonly name: 'rsaes-pkcs1-v1_5' }
  | { readonly name: 'rsaes-oaep'; readonly hash: 'sha1' | 'sha256' | 'sha384' | 'sha512' }

const oaepHashes: ReadonlyMap<string, 'sha1' | 'sha256' | 'sha384' | 'sha512'> = new Map([
  ['1.3.14.3.2.26', 'sha1'],
  [cmsOids.sha256, 'sha256'],
  [cmsOids.sha384, 'sha384'],
  [cmsOids.sha512, 'sha512'],
])
const mgf1 = '1.2.840.113549.1.1.8'

/** Reads a KeyEncryptionAlgorithmIdentifier. The two hashes of OAEP are one; its label is empty. Throws DerError. */
export function readKeyTransport(element: DerElement): KeyTransport {
  const algorithm = element.enter('keyEncryptionAlgorithm')
  const oid = objectIdentifierOf(algorithm.next(tags.oid, 'keyEncryptionAlgorithm'))
  if (oid === cmsOids.rsaEncryption) {
    algorithm.optional(tags.null)
    algorithm.end('keyEncryptionAlgorithm')
    return { name: 'rsaes-pkcs1-v1_5' }
  }
  if (oid !== cmsOids.rsaesOaep) {
    throw new DerError(`key transport: expected RSA, found ${oid}`, element.offset)
  }
  const parameters = algorithm.enter('RSAES-OAEP-params')
  algorithm.end('keyEncryptionAlgorithm')
  const hash = readHash(parameters.optional(contextConstructed(0)))
  const maskHash = readMaskHash(parameters.optional(contextConstructed(1)))
  // A label ([2]) is of no use here, and is left out by all who write.
  parameters.end('RSAES-OAEP-params')
  if (hash !== maskHash) throw new DerError('RSAES-OAEP: two hashes', element.offset)
  return { name: 'rsaes-oaep', hash }
}

/** Left out, it is SHA-1 (RFC 8017 A.2.1). */
function readHash(element: DerElement | undefined): 'sha1' | 'sha256' | 'sha384' | 'sha512' {
  if (element === undefined) return 'sha1'
  const inside = element.enter('hash')
  const hash = hashOf(inside.next(tags.sequence, 'hash'))
  inside.end('hash')
  return hash
}

function readMaskHash(element: DerElement | undefined): 'sha1' | 'sha256' | 'sha384' | 'sha512' {
  if (element === undefined) return 'sha1'
  const inside = element.enter('mask generation')
  const algorithm = inside.next(tags.sequence, 'mask generation')
  inside.end('mask generation')
  const parts = algorithm.enter('mask generation')
  if (objectIdentifierOf(parts.next(tags.oid)) !== mgf1) {
    throw new DerError('mask generation: expected MGF1', algorithm.offset)
  }
  const hash = hashOf(parts.next(tags.sequence, 'hash of MGF1'))
  parts.end('mask generation')
  return hash
}

function hashOf(element: DerElement): 'sha1' | 'sha256' | 'sha384' | 'sha512' {
  const parts = element.enter('hash')
  const oid = objectIdentifierOf(parts.next(tags.oid, 'hash'))
  parts.optional(tags.null)
  parts.end('hash')
  const hash = oaepHashes.get(oid)
  if (hash === undefined) throw new DerError(`hash of RSAES-OAEP: ${oid}`, element.offset)
  return hash
}

/**
 * Decrypts a content key. Of a wrong PKCS#1 v1.5 padding OpenSSL tells nothing: it answers with bytes that
 * depend on key and message alone (implicit rejection), so that nobody is an oracle of it. Undefined where OpenSSL
 * says what is wrong: of OAEP, and of a length.
 */
export function unwrapKey(
  privateKey: KeyObject,
  transport: KeyTransport,
  encryptedKey: Uint8Array,
): Buffer | undefined {
  try {
    return privateDecrypt({ key: privateKey, ...paddingOf(transport) }, encryptedKey)
  } catch {
    return undefined
  }
}

/** Encrypts a content key to an RSA key, by PKCS#1 v1.5: it is what clients of SCEP read. */
export function wrapKey(
  publicKey: KeyObject,
  key: Uint8Array,
): { algorithm: Buffer; encryptedKey: Buffer } {
  return {
    algorithm: derSequence(derOid(cmsOids.rsaEncryption), derNull()),
    encryptedKey: publicEncrypt({ key: publicKey, padding: constants.RSA_PKCS1_PADDING }, key),
  }
}

function paddingOf(transport: KeyTransport) {
  return transport.name === 'rsaes-oaep'
    ? { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: transport.hash }
    : { padding: constants.RSA_PKCS1_PADDING }
}
