import { parseCertificate } from '@sallyport/pki'
import { fromBase64url, type TrustedIssuer } from '@sallyport/wire'

/**
 * The key of an issuer in the feed: SHA-256 of its SubjectPublicKeyInfo, base64url.
 *
 * @throws RangeError where it is not base64url, Problem `certificate_malformed` where it is no certificate
 */
export function issuerKey(issuer: TrustedIssuer): string {
  const der = fromBase64url(issuer.certificate)
  if (der === undefined) throw new RangeError('the certificate of an issuer is not base64url')
  return parseCertificate(der).spkiSha256
}
