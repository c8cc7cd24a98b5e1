import { extensions, type Issuer } from './build-certificate.ts'
import type { Certificate } from '../certificate.ts'
import { issueEndEntity, validForDays } from './issue-end-entity.ts'
import { oids } from '../oids.ts'

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
  return issueEndEntity({
    issuer,
    subject: 'SCEP registration authority',
    spki,
    keyUsages: ['digitalSignature', 'keyEncipherment'],
    extendedKeyUsage: oids.cmcRa,
    ...validForDays(now, days),
    extensions: [extensions.noRevAvail()],
  })
}
