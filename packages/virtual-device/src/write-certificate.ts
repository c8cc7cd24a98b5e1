import { createPublicKey, type KeyObject, randomBytes, sign } from 'node:crypto'
import {
  derBitString,
  derContext,
  derElement,
  derInteger,
  derOctetString,
  derOid,
  derBoolean,
  derSequence,
  derSetOf,
  derTime,
  derUtf8,
  derNamedBits,
  oids,
  tags,
} from '@sallyport/pki'

/** Who signs a certificate: its name as DER, and its key. */
export type CertificateSigner = { readonly name: Buffer; readonly key: KeyObject }

export type CertificateFields = {
  readonly signer: CertificateSigner
  /** DER Name. */
  readonly subject: Buffer
  /** DER SubjectPublicKeyInfo. */
  readonly spki: Uint8Array
  readonly notBefore: number
  readonly notAfter: number
  /** Unsigned, big endian; 16 random bytes by default. */
  readonly serial?: Uint8Array
  /** DER Extension each. */
  readonly extensions?: readonly Buffer[]
}

/**
 * One X.509 certificate of version 3, DER, with whatever is in the fields: the profiles of phones are not
 * ours, and a hostile phone's are nobody's.
 */
export function writeCertificate(fields: CertificateFields): Buffer {
  const { signer, extensions = [] } = fields
  const algorithm = derSequence(derOid(algorithmOf(signer.key).oid))
  const tbs = derSequence(
    derContext(0, derInteger(2)),
    derInteger(fields.serial ?? randomBytes(16)),
    algorithm,
    signer.name,
    derSequence(derTime(fields.notBefore), derTime(fields.notAfter)),
    fields.subject,
    fields.spki,
    ...(extensions.length === 0 ? [] : [derContext(3, derSequence(...extensions))]),
  )
  return derSequence(tbs, algorithm, derBitString(signWith(signer.key, tbs)))
}

/** ECDSA over the data, with the hash that fits the curve. */
export function signWith(key: KeyObject, data: Uint8Array): Buffer {
  return sign(algorithmOf(key).hash, data, key)
}

const algorithms = new Map([
  ['prime256v1', { oid: '1.2.840.10045.4.3.2', hash: 'sha256' }],
  ['secp384r1', { oid: '1.2.840.10045.4.3.3', hash: 'sha384' }],
])

function algorithmOf(key: KeyObject) {
  const algorithm = algorithms.get(key.asymmetricKeyDetails?.namedCurve ?? '')
  if (algorithm === undefined) throw new TypeError('certificates are signed with P-256 or P-384')
  return algorithm
}

export const spkiOf = (key: KeyObject): Buffer =>
  createPublicKey(key).export({ format: 'der', type: 'spki' })

const attributeOids = {
  commonName: oids.commonName,
  serialNumber: '2.5.4.5',
  country: '2.5.4.6',
  state: '2.5.4.8',
  organisation: '2.5.4.10',
  unit: '2.5.4.11',
  title: '2.5.4.12',
} as const

export type NameAttribute = keyof typeof attributeOids

/** A Name with these attributes in this order, each of UTF8String. DER. */
export function writeName(attributes: Partial<Record<NameAttribute, string>>): Buffer {
  const parts = Object.entries(attributes).map(([name, value]) =>
    derSetOf(derSequence(derOid(attributeOids[name as NameAttribute]), derUtf8(value))),
  )
  return derSequence(...parts)
}

/** Extension, RFC 5280 §4.2. The value is the DER inside the OCTET STRING. */
export function writeExtension(oid: string, value: Uint8Array, critical = false): Buffer {
  return derSequence(derOid(oid), ...(critical ? [derBoolean(true)] : []), derOctetString(value))
}

/** What every CA certificate of a chain has. Bits of KeyUsage: 5 keyCertSign, 6 cRLSign. */
export function authorityExtensions(): Buffer[] {
  return [
    writeExtension(oids.basicConstraints, derSequence(derBoolean(true)), true),
    writeExtension(oids.keyUsage, derNamedBits([5, 6]), true),
  ]
}

/** KeyUsage digitalSignature alone. */
export const signatureUsage = (): Buffer => writeExtension(oids.keyUsage, derNamedBits([0]), true)

/** An ENUMERATED from 0 to 127. */
export const derEnumerated = (value: number): Buffer =>
  derElement(tags.enumerated, Buffer.from([value]))
