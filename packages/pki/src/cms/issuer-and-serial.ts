import type { Certificate } from '../certificate.ts'
import { type DerCursor, derInteger, derSequence, integerBytesOf, tags } from '../der/index.ts'

/** Whether a certificate is the one that a message means. */
export type CertificateIdentifier = (certificate: Certificate) => boolean

/** The rest of an IssuerAndSerialNumber (RFC 5652 §10.2.4) that was entered. Throws DerError. */
export function readIssuerAndSerial(fields: DerCursor): CertificateIdentifier {
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
