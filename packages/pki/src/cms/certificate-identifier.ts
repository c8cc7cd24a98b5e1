import type { Certificate } from '../certificate.ts'
import {
  contextPrimitive,
  type DerCursor,
  derInteger,
  derSequence,
  integerBytesOf,
  tags,
} from '../der/index.ts'

/** Whether a certificate is the one that a message means. */
export type CertificateIdentifier = (certificate: Certificate) => boolean

/**
 * Which certificate is a signer's or a recipient's: IssuerAndSerialNumber, or `[0]` and a
 * SubjectKeyIdentifier (RFC 5652 §5.3, §6.2.1). Throws DerError.
 */
export function readCertificateIdentifier(fields: DerCursor, name: string): CertificateIdentifier {
  const keyIdentifier = fields.optional(contextPrimitive(0))?.content.toString('hex')
  if (keyIdentifier !== undefined) return ({ subjectKeyId }) => subjectKeyId === keyIdentifier
  return readIssuerAndSerial(fields.enter(name))
}

/** The rest of an IssuerAndSerialNumber (RFC 5652 §10.2.4) that was entered. */
function readIssuerAndSerial(fields: DerCursor): CertificateIdentifier {
  const issuer = fields.next(tags.sequence, 'issuer').whole
  const number = integerBytesOf(fields.next(tags.integer, 'serialNumber'))
  fields.end('IssuerAndSerialNumber')
  const serial = number.toString('hex').replace(/^0+(?=.)/, '')
  return (certificate) => certificate.serial === serial && certificate.issuer.equals(issuer)
}

/** IssuerAndSerialNumber of a certificate. DER. */
export function issuerAndSerial({ issuer, serial }: Certificate): Buffer {
  const digits = serial.padStart(serial.length + (serial.length % 2), '0')
  return derSequence(issuer, derInteger(Buffer.from(digits, 'hex')))
}
