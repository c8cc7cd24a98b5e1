import { type KeyObject, sign, verify } from 'node:crypto'
import type { DerElement } from './der/der-cursor.ts'
import { DerError } from './der/der-error.ts'
import { derNull, derOid, derSequence } from './der/der-writer.ts'
import { objectIdentifierOf } from './der/object-identifier.ts'
import { tags } from './der/tag.ts'
import type { KeyKind } from './key-kind.ts'

type SignatureAlgorithm = {
  readonly name: string
  readonly oid: string
  readonly hash: 'sha256' | 'sha384' | 'sha512'
  /** `asymmetricKeyType` of the keys that make it. */
  readonly keyType: 'ec' | 'rsa'
}

const ecdsaWithSha256: SignatureAlgorithm = {
  name: 'ecdsa-with-SHA256',
  oid: '1.2.840.10045.4.3.2',
  hash: 'sha256',
  keyType: 'ec',
}
const ecdsaWithSha384: SignatureAlgorithm = {
  name: 'ecdsa-with-SHA384',
  oid: '1.2.840.10045.4.3.3',
  hash: 'sha384',
  keyType: 'ec',
}
const sha256WithRsa: SignatureAlgorithm = {
  name: 'sha256WithRSAEncryption',
  oid: '1.2.840.113549.1.1.11',
  hash: 'sha256',
  keyType: 'rsa',
}

/** The algorithms that are accepted. No SHA-1, no MD5; RSASSA-PSS when someone needs it. */
const algorithms: readonly SignatureAlgorithm[] = [
  ecdsaWithSha256,
  ecdsaWithSha384,
  { name: 'ecdsa-with-SHA512', oid: '1.2.840.10045.4.3.4', hash: 'sha512', keyType: 'ec' },
  sha256WithRsa,
  { name: 'sha384WithRSAEncryption', oid: '1.2.840.113549.1.1.12', hash: 'sha384', keyType: 'rsa' },
  { name: 'sha512WithRSAEncryption', oid: '1.2.840.113549.1.1.13', hash: 'sha512', keyType: 'rsa' },
]
const byOid = new Map(algorithms.map((algorithm) => [algorithm.oid, algorithm]))

/** What we sign with, by the kind of key. */
const byKeyKind: Readonly<Record<KeyKind, SignatureAlgorithm>> = {
  'ec-p256': ecdsaWithSha256,
  'ec-p384': ecdsaWithSha384,
  'rsa-2048': sha256WithRsa,
  'rsa-3072': sha256WithRsa,
  'rsa-4096': sha256WithRsa,
}

export const acceptedSignatureAlgorithms = algorithms.map(({ name }) => name).join(', ')

export function isAcceptedSignatureAlgorithm(oid: string): boolean {
  return byOid.has(oid)
}

/** The name of a signature algorithm for a person, or its OID. */
export function signatureAlgorithmName(oid: string): string {
  return byOid.get(oid)?.name ?? oid
}

/** The OID in an AlgorithmIdentifier. Its parameters are absent or NULL, or anything for others. */
export function signatureAlgorithmOf(element: DerElement, what: string): string {
  const algorithm = element.enter(what)
  const oid = objectIdentifierOf(algorithm.next(tags.oid, what), what)
  if (byOid.has(oid)) {
    const parameters = algorithm.optional(tags.null, what)
    if (parameters !== undefined && parameters.content.length !== 0) {
      throw new DerError(`${what}: NULL with content`, parameters.offset)
    }
    algorithm.end(what)
  }
  return oid
}

/** AlgorithmIdentifier of what a key of this kind signs with (RFC 5758 §3.2, RFC 4055 §5). */
export function signatureAlgorithmIdentifier(kind: KeyKind): Buffer {
  const { oid, keyType } = byKeyKind[kind]
  return keyType === 'rsa' ? derSequence(derOid(oid), derNull()) : derSequence(derOid(oid))
}

/** The hash that a key of this kind signs. */
export function signatureHash(kind: KeyKind): SignatureAlgorithm['hash'] {
  return byKeyKind[kind].hash
}

/** Whether the signature over the data is of this key. False for algorithms that are not accepted. */
export function isSignedBy(
  key: KeyObject,
  algorithmOid: string,
  data: Uint8Array,
  signature: Uint8Array,
): boolean {
  const algorithm = byOid.get(algorithmOid)
  if (algorithm === undefined || key.asymmetricKeyType !== algorithm.keyType) return false
  return verify(algorithm.hash, data, key, signature)
}

/** DER ECDSA-Sig-Value or PKCS#1 v1.5, on a thread of the pool. */
export function signWith(key: KeyObject, kind: KeyKind, data: Uint8Array): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    sign(byKeyKind[kind].hash, data, key, (error, signature) => {
      if (error === null) resolve(signature)
      else reject(error)
    })
  })
}

/** The same on this thread, for software keys of devices. */
export function signWithNow(key: KeyObject, kind: KeyKind, data: Uint8Array): Buffer {
  return sign(byKeyKind[kind].hash, data, key)
}
