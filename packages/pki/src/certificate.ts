import { hash, type KeyObject } from 'node:crypto'
import { Problem } from '@sallyport/problem'
import {
  type Extension,
  readAuthorityKeyIdentifier,
  readBasicConstraints,
  readCertificatePolicies,
  readExtendedKeyUsage,
  readExtensions,
  readKeyUsage,
  readSubjectAlternativeName,
  readSubjectKeyIdentifier,
} from './certificate-extensions.ts'
import { type DerCursor } from './der/der-cursor.ts'
import { DerError } from './der/der-error.ts'
import { timeOf } from './der/der-time.ts'
import { integerBytesOf, smallIntegerOf } from './der/der-value.ts'
import { contextConstructed, contextPrimitive, tags } from './der/tag.ts'
import { readName } from './distinguished-name.ts'
import type { KeyKind } from './key-kind.ts'
import { oids } from './oids.ts'
import { readInnerAlgorithm, readSigned } from './signed-structure.ts'
import { publicKeyFromSpki, readSubjectPublicKey } from './subject-public-key.ts'

/** An X.509 version 3 certificate, read by the one parser that authority and gateway share. */
export type Certificate = {
  readonly der: Buffer
  /** SHA-256 of the DER, base64url (RFC 8705 §3.1). */
  readonly thumbprint: string
  /** What is signed. */
  readonly tbs: Buffer
  /** OID. */
  readonly signatureAlgorithm: string
  readonly signature: Buffer
  /** Lower-case hex without leading zeros. */
  readonly serial: string
  /** DER Name. */
  readonly issuer: Buffer
  /** DER Name. */
  readonly subject: Buffer
  /** DER SubjectPublicKeyInfo. */
  readonly spki: Buffer
  /** SHA-256 of the SPKI, base64url. */
  readonly spkiSha256: string
  /** Undefined where the key is of no kind that we certify. */
  readonly keyKind: KeyKind | undefined
  /** For a person: `ec-p256`, `rsaEncryption, 1024 bits`. */
  readonly keyDescription: string
  /** Made when first asked for. Problem `certificate_malformed` where the key is none. */
  readonly publicKey: KeyObject
  /** Milliseconds. */
  readonly notBefore: number
  /** Milliseconds; the second itself is still valid. */
  readonly notAfter: number
  /** By OID. */
  readonly extensions: ReadonlyMap<string, Extension>
  readonly isCa: boolean
  readonly pathLength: number | undefined
  readonly keyUsage: ReadonlySet<string> | undefined
  /** OIDs. */
  readonly extendedKeyUsage: readonly string[] | undefined
  /** URIs among the subject alternative names. */
  readonly uris: readonly string[]
  /** How many subject alternative names are no URI. */
  readonly otherNames: number
  /** OIDs. */
  readonly policies: readonly string[]
  /** Hex. */
  readonly subjectKeyId: string | undefined
  /** Hex. */
  readonly authorityKeyId: string | undefined
}

/** Real device and CA certificates have one to three KiB. */
export const maxCertificateBytes = 16_384

/**
 * Reads one DER certificate (RFC 5280 §4.1) of at most 16 KiB and everything in it that Sallyport
 * acts on. Strict: nothing follows it, no extension twice, both signature algorithms the same.
 * Problem `certificate_malformed`. Not checked: the signature, dates, and whether the certificate
 * is good for anything. The bytes are copied.
 */
export function parseCertificate(der: Uint8Array): Certificate {
  if (!(der instanceof Uint8Array)) throw new TypeError('a certificate is bytes')
  if (der.length > maxCertificateBytes) {
    throw new Problem('certificate_malformed', {
      detail: 'it is too large',
      expected: `at most ${maxCertificateBytes} bytes`,
      found: `${der.length} bytes`,
    })
  }
  try {
    // A slab of its own: a cached certificate must not keep a pool of Node's alive.
    const copy = Buffer.allocUnsafeSlow(der.length)
    copy.set(der)
    return readCertificate(copy)
  } catch (error) {
    throw malformed(error)
  }
}

/** SHA-256 of some DER, base64url: the thumbprint of a certificate, the name of a key. */
export function thumbprint(der: Uint8Array): string {
  return hash('sha256', der, 'base64url')
}

function readCertificate(der: Buffer): Certificate {
  const signed = readSigned(der, ['Certificate', 'tbsCertificate'])
  const { contents: tbs, signatureAlgorithm, signature } = signed
  const fields = tbs.enter('tbsCertificate')
  readVersion(fields)
  const serial = readSerial(fields)
  readInnerAlgorithm(fields, signed)
  const issuer = readName(fields.next(tags.sequence, 'issuer'), 'issuer')
  const validity = fields.enter('validity')
  const notBefore = timeOf(validity.next(undefined, 'notBefore'), 'notBefore')
  const notAfter = timeOf(validity.next(undefined, 'notAfter'), 'notAfter')
  validity.end('validity')
  const subject = readName(fields.next(tags.sequence, 'subject'), 'subject')
  const spki = fields.next(tags.sequence, 'subjectPublicKeyInfo').whole
  const key = readSubjectPublicKey(spki)
  // issuerUniqueID and subjectUniqueID: obsolete, never generated (RFC 5280 §4.1.2.8), not used.
  fields.optional(contextPrimitive(1))
  fields.optional(contextPrimitive(2))
  const extensions = readExtensionField(fields)
  fields.end('tbsCertificate')

  let publicKey: KeyObject | undefined
  let digest: string | undefined
  let spkiDigest: string | undefined
  return {
    der,
    get thumbprint() {
      digest ??= thumbprint(der)
      return digest
    },
    tbs: tbs.whole,
    signatureAlgorithm,
    signature,
    serial,
    issuer,
    subject,
    spki,
    get spkiSha256() {
      spkiDigest ??= thumbprint(spki)
      return spkiDigest
    },
    keyKind: key.kind,
    keyDescription: key.description,
    get publicKey() {
      publicKey ??= readPublicKey(spki)
      return publicKey
    },
    notBefore,
    notAfter,
    extensions,
    ...readKnownExtensions(extensions),
  }
}

function readVersion(fields: DerCursor): void {
  const wrapper = fields.enter('version 3', contextConstructed(0))
  const version = wrapper.next(tags.integer, 'version')
  wrapper.end('version')
  if (smallIntegerOf(version, 255, 'version') !== 2) {
    throw new DerError('expected an X.509 certificate of version 3', version.offset)
  }
}

function readSerial(fields: DerCursor): string {
  const element = fields.next(tags.integer, 'serialNumber')
  const bytes = integerBytesOf(element, 'serialNumber')
  // RFC 5280 §4.1.2.2: positive, at most 20 octets. 0 exists in the field and hurts nobody, and so does a
  // hash of 20 octets with the zero before it that keeps it positive, as clients of SCEP make it.
  const isTooLong = bytes.length > (bytes.readUInt8(0) === 0 ? 21 : 20)
  if (bytes.readUInt8(0) >= 0x80 || isTooLong) {
    throw new DerError('serialNumber: negative, or over 20 bytes', element.offset)
  }
  return bytes.toString('hex').replace(/^0+(?=.)/, '')
}

function readExtensionField(fields: DerCursor): Map<string, Extension> {
  if (fields.isDone) return new Map()
  const wrapper = fields.enter('extensions', contextConstructed(3))
  const extensions = readExtensions(wrapper.enter('extensions'))
  wrapper.end('extensions')
  return extensions
}

const noNames = { uris: [], otherNames: 0 }

function readKnownExtensions(extensions: ReadonlyMap<string, Extension>) {
  const read = <T>(oid: string, reader: (value: Buffer) => T): T | undefined => {
    const extension = extensions.get(oid)
    return extension === undefined ? undefined : reader(extension.value)
  }
  const constraints = read(oids.basicConstraints, readBasicConstraints)
  const names = read(oids.subjectAlternativeName, readSubjectAlternativeName) ?? noNames
  return {
    isCa: constraints?.isCa ?? false,
    pathLength: constraints?.pathLength,
    keyUsage: read(oids.keyUsage, readKeyUsage),
    extendedKeyUsage: read(oids.extendedKeyUsage, readExtendedKeyUsage),
    uris: names.uris,
    otherNames: names.otherNames,
    policies: read(oids.certificatePolicies, readCertificatePolicies) ?? [],
    subjectKeyId: read(oids.subjectKeyIdentifier, readSubjectKeyIdentifier),
    authorityKeyId: read(oids.authorityKeyIdentifier, readAuthorityKeyIdentifier),
  }
}

function readPublicKey(spki: Buffer): KeyObject {
  try {
    return publicKeyFromSpki(spki)
  } catch (error) {
    throw new Problem('certificate_malformed', {
      detail: 'its public key is none',
      found: error instanceof Error ? error.message : String(error),
      cause: error,
    })
  }
}

function malformed(error: unknown): unknown {
  if (!(error instanceof DerError)) return error
  return new Problem('certificate_malformed', {
    detail: 'it is not a strictly encoded X.509 certificate',
    expected: 'DER, X.509 version 3 (RFC 5280 §4.1)',
    found: error.message,
    cause: error,
  })
}
