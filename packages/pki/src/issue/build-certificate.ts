import { createHash, randomBytes } from 'node:crypto'
import { type Certificate, parseCertificate } from '../certificate.ts'
import { keyUsages, type KeyUsage } from '../certificate-extensions.ts'
import { derTime } from '../der/der-time.ts'
import {
  derBoolean,
  derContext,
  derContextPrimitive,
  derInteger,
  derNamedBits,
  derNull,
  derOctetString,
  derOid,
  derSequence,
} from '../der/der-writer.ts'
import { oids } from '../oids.ts'
import {
  encodeAuthorityInformation,
  encodeDistributionPoints,
  type PublishedAddresses,
} from '../revocation/distribution-point.ts'
import { signatureAlgorithmIdentifier } from '../signature-algorithm.ts'
import { signStructure } from '../signed-structure.ts'
import type { SigningKey } from '../signing-key.ts'
import { readDer } from '../der/der-cursor.ts'
import { bitStringOctetsOf } from '../der/der-value.ts'
import { tags } from '../der/tag.ts'

/** A CA: its certificate and the key that signs for it. */
export type Issuer = { readonly certificate: Certificate; readonly key: SigningKey }

/** How far certificates are dated back, for clocks that are behind. */
export const backdateMs = 5 * 60_000
/** The same of servers, and of roots: phones verify them by clocks of their own. Public CAs date back as far. */
export const serverBackdateMs = 60 * 60_000

export type CertificateFields = {
  readonly key: SigningKey
  /** DER Name. */
  readonly issuer: Buffer
  /** DER Name. */
  readonly subject: Buffer
  /** DER SubjectPublicKeyInfo. */
  readonly spki: Buffer
  readonly notBefore: number
  readonly notAfter: number
  /** 16 bytes; random by default. */
  readonly serial?: Uint8Array
  /** DER Extension each, in the order of writing. */
  readonly extensions: readonly Buffer[]
}

/**
 * Builds and signs one certificate of version 3, and reads it back with the parser that everybody
 * will read it with. Times are cut to whole seconds.
 */
export async function buildCertificate(fields: CertificateFields): Promise<Certificate> {
  const serial = fields.serial ?? randomBytes(16)
  if (serial.length !== 16) throw new TypeError('a serial number is 16 random bytes')
  if (fields.notAfter <= fields.notBefore) throw new TypeError('notAfter lies before notBefore')
  const tbs = derSequence(
    derContext(0, derInteger(2)),
    derInteger(serial),
    signatureAlgorithmIdentifier(fields.key.keyKind),
    fields.issuer,
    derSequence(derTime(fields.notBefore), derTime(fields.notAfter)),
    fields.subject,
    fields.spki,
    derContext(3, derSequence(...fields.extensions)),
  )
  return parseCertificate(await signStructure(fields.key, tbs))
}

/** Extension (RFC 5280 §4.1). */
export function extension(oid: string, critical: boolean, value: Buffer): Buffer {
  const flag = critical ? [derBoolean(true)] : []
  return derSequence(derOid(oid), ...flag, derOctetString(value))
}

/** RFC 5280 §4.2.1.2, method 1 of RFC 7093 §2: the left 160 bits of SHA-256 of the key's bits. */
export function keyIdentifier(spki: Uint8Array): Buffer {
  const info = readDer(spki).enter('SubjectPublicKeyInfo')
  info.next(tags.sequence)
  const bits = bitStringOctetsOf(info.next(tags.bitString))
  return createHash('sha256').update(bits).digest().subarray(0, 20)
}

/** Names the key of a CA, in what it signs. */
export function authorityKeyIdentifier(issuer: Certificate): Buffer {
  const id = issuer.subjectKeyId
  const octets = id === undefined ? keyIdentifier(issuer.spki) : Buffer.from(id, 'hex')
  return extension(oids.authorityKeyIdentifier, false, derSequence(derContextPrimitive(0, octets)))
}

/** One function for each extension that a profile of ours has. */
export const extensions = {
  authority: (pathLength: number) =>
    extension(oids.basicConstraints, true, derSequence(derBoolean(true), derInteger(pathLength))),
  endEntity: () => extension(oids.basicConstraints, true, derSequence()),
  keyUsage: (...usages: KeyUsage[]) =>
    extension(oids.keyUsage, true, derNamedBits(usages.map((usage) => keyUsages.indexOf(usage)))),
  extendedKeyUsage: (usage: string) =>
    extension(oids.extendedKeyUsage, false, derSequence(derOid(usage))),
  subjectKeyIdentifier: (spki: Uint8Array) =>
    extension(oids.subjectKeyIdentifier, false, derOctetString(keyIdentifier(spki))),
  authorityKeyIdentifier,
  /** Critical where the subject is empty (RFC 5280 §4.2.1.6). */
  uri: (uri: string, critical: boolean) =>
    extension(
      oids.subjectAlternativeName,
      critical,
      derSequence(derContextPrimitive(6, Buffer.from(uri, 'latin1'))),
    ),
  /** GeneralNames, encoded. */
  names: (names: readonly Buffer[], critical: boolean) =>
    extension(oids.subjectAlternativeName, critical, derSequence(...names)),
  policies: (...policies: string[]) =>
    extension(
      oids.certificatePolicies,
      false,
      derSequence(...policies.map((policy) => derSequence(derOid(policy)))),
    ),
  /** RFC 9608: nobody publishes the revocation of this certificate. */
  noRevAvail: () => extension(oids.noRevAvail, false, derNull()),
  /** Where its revocation is published: RFC 5280 §4.2.1.13 and §4.2.2.1. */
  certificateLists: ({ certificateLists }: PublishedAddresses) =>
    extension(oids.cRLDistributionPoints, false, encodeDistributionPoints(certificateLists)),
  authorityInformation: (addresses: PublishedAddresses) =>
    extension(oids.authorityInfoAccess, false, encodeAuthorityInformation(addresses)),
  /** RFC 6960 §4.2.2.2.1: nobody needs to ask for the revocation of this certificate. */
  ocspNoCheck: () => extension(oids.ocspNoCheck, false, derNull()),
  nameConstraints: (value: Buffer) => extension(oids.nameConstraints, true, value),
  facts: (value: Buffer) => extension(oids.facts, false, value),
  predecessors: (value: Buffer) => extension(oids.predecessors, false, value),
} as const
