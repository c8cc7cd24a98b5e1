import { type Certificate, nameText } from '@sallyport/pki'
import type { Claim } from '../attestation-result.ts'

/** What is told of the certificates of a chain, leaf first. */
export const certificateClaims = (certificates: readonly Certificate[]): Claim =>
  certificates.map((certificate) => ({
    subject: nameText(certificate.subject),
    issuer: nameText(certificate.issuer),
    serial: certificate.serial,
    notBefore: new Date(certificate.notBefore).toISOString(),
    notAfter: new Date(certificate.notAfter).toISOString(),
    key: certificate.keyDescription,
    keySha256: Buffer.from(certificate.spkiSha256, 'base64url').toString('hex'),
  }))
