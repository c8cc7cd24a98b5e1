import { Problem } from '@sallyport/problem'
import type { Certificate } from '../certificate.ts'
import {
  type Extension,
  readAuthorityKeyIdentifier,
  readExtensions,
} from '../certificate-extensions.ts'
import { type DerCursor, readDer } from '../der/der-cursor.ts'
import { DerError } from '../der/der-error.ts'
import { timeOf } from '../der/der-time.ts'
import { smallIntegerOf } from '../der/der-value.ts'
import { contextConstructed, tags } from '../der/tag.ts'
import { readName } from '../distinguished-name.ts'
import { oids } from '../oids.ts'
import { isSignedBy } from '../signature-algorithm.ts'
import { readInnerAlgorithm, readSigned } from '../signed-structure.ts'
import { type ListScope, readIssuingDistributionPoint } from './distribution-point.ts'
import { readRevoked, type RevokedCertificate } from './revoked-entries.ts'

/** A complete certificate list of version 2. */
export type CertificateList = {
  readonly der: Buffer
  /** What is signed. */
  readonly tbs: Buffer
  /** OID. */
  readonly signatureAlgorithm: string
  readonly signature: Buffer
  /** DER Name. */
  readonly issuer: Buffer
  /** Hex. */
  readonly authorityKeyId: string | undefined
  /** At most 2⁴⁸ is read. */
  readonly number: number
  /** Milliseconds. */
  readonly thisUpdate: number
  /** Milliseconds. */
  readonly nextUpdate: number
  /** Undefined: all that the CA issued. */
  readonly scope: ListScope | undefined
  /** By serial number: hex without leading zeros. */
  readonly revoked: ReadonlyMap<string, RevokedCertificate>
}

/** A million entries of ours. */
export const maxCertificateListBytes = 40 * 1024 * 1024
const maxNumber = 2 ** 48

/**
 * Reads one DER certificate list (RFC 5280 §5) whole. Strict: version 2, with CRL number, next update
 * and the extensions that we understand; no serial number twice; nothing follows it. Problem
 * `certificate_list_malformed`. Not checked: the signature (`isListOf`), dates, and whether the list is
 * of the address that it came from.
 *
 * @param maxBytes at most so many are looked at. Default 40 MiB.
 */
export function parseCertificateList(
  der: Uint8Array,
  maxBytes = maxCertificateListBytes,
): CertificateList {
  if (der.length > maxBytes) {
    throw new Problem('certificate_list_malformed', {
      detail: 'it is too large',
      expected: `at most ${maxBytes} bytes`,
      found: `${der.length} bytes`,
    })
  }
  try {
    return readList(Buffer.from(der))
  } catch (error) {
    if (!(error instanceof DerError)) throw error
    throw new Problem('certificate_list_malformed', {
      expected: 'DER, a complete list of version 2 with a number (RFC 5280 §5)',
      found: error.message,
      cause: error,
    })
  }
}

/** Whether a list names this issuer and carries its signature. Not checked: cRLSign, dates, scope. */
export function isListOf(list: CertificateList, issuer: Certificate): boolean {
  const { signatureAlgorithm, tbs, signature } = list
  return (
    list.issuer.equals(issuer.subject) &&
    issuer.keyKind !== undefined &&
    isSignedBy(issuer.publicKey, signatureAlgorithm, tbs, signature)
  )
}

function readList(der: Buffer): CertificateList {
  const signed = readSigned(der, ['CertificateList', 'tbsCertList'])
  const { contents: tbs, signatureAlgorithm, signature } = signed
  const fields = tbs.enter('tbsCertList')
  const version = fields.next(tags.integer, 'version 2')
  if (smallIntegerOf(version, 255, 'version') !== 1) {
    throw new DerError('expected a list of version 2', version.offset)
  }
  readInnerAlgorithm(fields, signed)
  const issuer = readName(fields.next(tags.sequence, 'issuer'), 'issuer')
  const thisUpdate = timeOf(fields.next(undefined, 'thisUpdate'), 'thisUpdate')
  const nextUpdate = timeOf(fields.next(undefined, 'nextUpdate'), 'nextUpdate')
  const revoked = readEntries(fields)
  const wrapper = fields.enter('crlExtensions', contextConstructed(0))
  const { offset } = wrapper
  const extensions = readExtensions(wrapper.enter('crlExtensions'))
  wrapper.end('crlExtensions')
  fields.end('tbsCertList')
  return {
    der,
    tbs: tbs.whole,
    signatureAlgorithm,
    signature,
    issuer,
    thisUpdate,
    nextUpdate,
    revoked,
    ...readListExtensions(extensions, offset),
  }
}

function readEntries(fields: DerCursor): Map<string, RevokedCertificate> {
  const revoked = new Map<string, RevokedCertificate>()
  const { offset } = fields
  const list = fields.optional(tags.sequence, 'revokedCertificates')
  if (list === undefined) return revoked
  if (list.content.length === 0) throw new DerError('revokedCertificates: empty', offset)
  for (const entry of readRevoked(list.content)) {
    if (revoked.has(entry.serial)) {
      throw new DerError(`serial number ${entry.serial} is there twice`, offset)
    }
    revoked.set(entry.serial, entry)
  }
  return revoked
}

const understood: ReadonlySet<string> = new Set([
  oids.authorityKeyIdentifier,
  oids.crlNumber,
  oids.issuingDistributionPoint,
])

function readListExtensions(extensions: ReadonlyMap<string, Extension>, offset: number) {
  for (const [oid, { critical }] of extensions) {
    // Among them deltaCRLIndicator, which is always critical: a delta is no complete list.
    if (critical && !understood.has(oid)) throw new DerError(`critical extension ${oid}`, offset)
  }
  const read = <T>(oid: string, reader: (value: Buffer) => T): T | undefined => {
    const found = extensions.get(oid)
    return found === undefined ? undefined : reader(found.value)
  }
  const number = read(oids.crlNumber, (value) => {
    const outer = readDer(value)
    const element = outer.next(tags.integer, 'cRLNumber')
    outer.end('cRLNumber')
    return smallIntegerOf(element, maxNumber, 'cRLNumber')
  })
  if (number === undefined) throw new DerError('cRLNumber missing', offset)
  return {
    number,
    authorityKeyId: read(oids.authorityKeyIdentifier, readAuthorityKeyIdentifier),
    scope: read(oids.issuingDistributionPoint, readIssuingDistributionPoint),
  }
}
