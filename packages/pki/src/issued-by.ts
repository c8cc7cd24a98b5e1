import type { Certificate } from './certificate.ts'
import { isSignedBy } from './signature-algorithm.ts'

/**
 * Whether a certificate names this issuer and carries its signature. Not checked: whether the issuer
 * may issue at all, dates, and what the certificate is good for. Problem `certificate_malformed`
 * where the issuer's key is none.
 */
export function isIssuedBy(certificate: Certificate, issuer: Certificate): boolean {
  const { signatureAlgorithm, tbs, signature } = certificate
  return (
    certificate.issuer.equals(issuer.subject) &&
    issuer.keyKind !== undefined &&
    isSignedBy(issuer.publicKey, signatureAlgorithm, tbs, signature)
  )
}
