import { extensions, type Issuer } from './build-certificate.ts'
import type { Certificate } from '../certificate.ts'
import { issueEndEntity, validForDays } from './issue-end-entity.ts'
import { oids } from '../oids.ts'

/**
 * The certificate by which a CA lets another key answer for it (RFC 6960 §4.2.2.2): it signs OCSP
 * responses and nothing else, and lives so briefly that nobody asks for its own status. The CA itself
 * must never have this usage: under it, the CA would be a responder of its root.
 */
export function issueResponderCertificate(options: {
  issuer: Issuer
  /** DER SubjectPublicKeyInfo. */
  spki: Buffer
  now: number
  days: number
}): Promise<Certificate> {
  const { issuer, spki, now, days } = options
  return issueEndEntity({
    issuer,
    subject: 'OCSP responder',
    spki,
    keyUsages: ['digitalSignature'],
    extendedKeyUsage: oids.ocspSigning,
    ...validForDays(now, days),
    extensions: [extensions.ocspNoCheck()],
  })
}
