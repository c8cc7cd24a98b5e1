import { backdateMs, buildCertificate, extensions, type Issuer } from './build-certificate.ts'
import type { Certificate } from './certificate.ts'
import { nameOf } from './distinguished-name.ts'
import { oids } from './oids.ts'

/**
 * The certificate by which clients of SCEP encrypt their requests and verify the answers (RFC 8894 §2.1.2): a
 * key of its own, so that that of the CA signs nothing but certificates. Its extended key usage is that of a
 * registration authority (RFC 6402 §2.10), which no server takes for that of a client.
 */
export function issueRaCertificate(options: {
  issuer: Issuer
  /** DER SubjectPublicKeyInfo of an RSA key. */
  spki: Buffer
  now: number
  days: number
}): Promise<Certificate> {
  const { issuer, spki, now, days } = options
  return buildCertificate({
    key: issuer.key,
    issuer: issuer.certificate.subject,
    subject: nameOf('SCEP registration authority'),
    spki,
    notBefore: now - backdateMs,
    notAfter: Math.min(now + days * 24 * 3_600_000, issuer.certificate.notAfter),
    extensions: [
      extensions.endEntity(),
      extensions.keyUsage('digitalSignature', 'keyEncipherment'),
      extensions.extendedKeyUsage(oids.cmcRa),
      extensions.subjectKeyIdentifier(spki),
      extensions.authorityKeyIdentifier(issuer.certificate),
      extensions.noRevAvail(),
    ],
  })
}
