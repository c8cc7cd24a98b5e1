import { type BerElement, berTags, expectTag, readBer } from './ber.ts'
import { KeyFault } from './key-fault.ts'

export const maxCertificateBytes = 64 * 1024

/** The parts of an X.509 certificate, of any version, that tell who it is of. Views of its bytes. */
export type CertificateParts = {
  /** Hex. */
  readonly serial: string
  readonly issuer: Buffer
  readonly subject: Buffer
  /** DER SubjectPublicKeyInfo. */
  readonly spki: Buffer
  readonly length: number
}

const versionTag = 0xa0
const timeTags = new Set([0x17, 0x18])

/**
 * Reads only the structure (RFC 5280 §4.1): what is looked for lies at any byte of a package, and most of what
 * begins like a certificate is none. Certificates that are reported are read by OpenSSL afterwards.
 *
 * @throws KeyFault
 */
export function readCertificateParts(der: Buffer): CertificateParts {
  const certificate = readBer(der)
  if (certificate.tag !== berTags.sequence) throw new KeyFault('no certificate')
  const parts = certificate.children()
  if (parts.length !== 3) throw new KeyFault('no certificate')
  expectTag(parts[1], berTags.sequence, 'signature algorithm')
  expectTag(parts[2], berTags.bitString, 'signature')
  const tbs = expectTag(parts[0], berTags.sequence, 'TBSCertificate').children()
  const from = tbs[0]?.tag === versionTag ? 1 : 0
  const member = (index: number, tag: number, what: string): BerElement =>
    expectTag(tbs[from + index], tag, what)
  const serial = member(0, berTags.integer, 'serial number')
  member(1, berTags.sequence, 'algorithm').child(0, berTags.oid, 'algorithm')
  const issuer = member(2, berTags.sequence, 'issuer')
  const validity = member(3, berTags.sequence, 'validity').children()
  if (validity.length !== 2 || !validity.every(({ tag }) => timeTags.has(tag))) {
    throw new KeyFault('no validity')
  }
  const subject = member(4, berTags.sequence, 'subject')
  const spki = member(5, berTags.sequence, 'key')
  spki.child(1, berTags.bitString, 'key')
  return {
    serial: serial.content.toString('hex'),
    issuer: issuer.whole,
    subject: subject.whole,
    spki: spki.whole,
    length: certificate.end,
  }
}
