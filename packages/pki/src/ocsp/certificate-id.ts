import { createHash } from 'node:crypto'
import type { Certificate } from '../certificate.ts'
import { type DerCursor, readDer } from '../der/der-cursor.ts'
import { DerError } from '../der/der-error.ts'
import { bitStringOctetsOf, octetsOf } from '../der/der-value.ts'
import { objectIdentifierOf } from '../der/object-identifier.ts'
import { tags } from '../der/tag.ts'
import { oids } from '../oids.ts'
import { readSerialNumber } from '../revocation/revoked-entries.ts'

/** CertID (RFC 6960 §4.1.1): which certificate is asked about. */
export type CertificateId = {
  /** As it was written: an answer repeats it. */
  readonly der: Buffer
  /** Algorithm and hashes of the issuer: a key for `issuerKeys`. Of any algorithm. */
  readonly issuerKey: string
  /** Lower-case hex without leading zeros. */
  readonly serial: string
}

/** The hash algorithms that issuers are looked up by (RFC 9919 wants SHA-256, everybody uses SHA-1). */
const hashes: Readonly<Record<string, string>> = { [oids.sha1]: 'sha1', [oids.sha256]: 'sha256' }

const maxHashBytes = 64

/** Reads one CertID. Throws DerError. */
export function readCertificateId(cursor: DerCursor): CertificateId {
  const element = cursor.next(tags.sequence, 'reqCert')
  const fields = element.enter('reqCert')
  const algorithm = fields.enter('hashAlgorithm')
  const oid = objectIdentifierOf(algorithm.next(tags.oid, 'hashAlgorithm'), 'hashAlgorithm')
  const parameters = algorithm.optional(tags.null)
  if (parameters !== undefined && parameters.content.length > 0) {
    throw new DerError('hashAlgorithm: NULL with content', parameters.offset)
  }
  algorithm.end('hashAlgorithm')
  const nameHash = readHash(fields, 'issuerNameHash')
  const keyHash = readHash(fields, 'issuerKeyHash')
  const serial = readSerialNumber(fields)
  fields.end('reqCert')
  return { der: element.whole, issuerKey: issuerKey(oid, nameHash, keyHash), serial }
}

/** The keys that requests about an issuer's certificates come with, one for each algorithm. */
export function issuerKeys(issuer: Certificate): string[] {
  const info = readDer(issuer.spki).enter('SubjectPublicKeyInfo')
  info.next(tags.sequence, 'algorithm')
  const keyBits = bitStringOctetsOf(info.next(tags.bitString, 'subjectPublicKey'))
  return Object.entries(hashes).map(([oid, name]) => {
    const digest = (data: Buffer) => createHash(name).update(data).digest()
    return issuerKey(oid, digest(issuer.subject), digest(keyBits))
  })
}

function issuerKey(oid: string, nameHash: Buffer, keyHash: Buffer): string {
  return `${oid} ${nameHash.toString('hex')} ${keyHash.toString('hex')}`
}

function readHash(fields: DerCursor, what: string): Buffer {
  const element = fields.next(tags.octetString, what)
  const octets = octetsOf(element, what)
  if (octets.length === 0 || octets.length > maxHashBytes) {
    throw new DerError(`${what}: not of 1 to ${maxHashBytes} bytes`, element.offset)
  }
  return octets
}
