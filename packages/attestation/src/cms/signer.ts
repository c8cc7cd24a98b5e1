import { createHash } from 'node:crypto'
import type { Certificate } from '@sallyport/pki'
import { isSignedByKeyOf } from '../chain/signed-by.ts'
import { isSameBytes } from '../same-bytes.ts'
import type { SignedData } from './signed-data.ts'

/** Digests that are accepted, by OID. */
const digests: ReadonlyMap<string, string> = new Map([
  ['2.16.840.1.101.3.4.2.1', 'sha256'],
  ['2.16.840.1.101.3.4.2.2', 'sha384'],
  ['2.16.840.1.101.3.4.2.3', 'sha512'],
])

/**
 * The signer's certificate and those that issued it, as far as the message has them, signer first.
 * Empty where it has not the signer's own. Only names were followed: that the signatures hold is for
 * the checks of the chain.
 */
export function signerChain({ certificates, signer }: SignedData): readonly Certificate[] {
  const own = certificates.find((certificate) => signer.isCertificate(certificate))
  if (own === undefined) return []
  const chain = [own]
  for (let last = own; ; ) {
    const issuer = certificates.find(
      (certificate) => certificate.subject.equals(last.issuer) && !chain.includes(certificate),
    )
    if (issuer === undefined || last.issuer.equals(last.subject)) return chain
    chain.push(issuer)
    last = issuer
  }
}

/**
 * Whether the content is signed by this certificate's key (RFC 5652 §5.4, §5.6): its digest and type
 * stand in the signed attributes and the signature is over those, or it is over the content itself
 * where there are none.
 */
export function isSignedContent(
  { contentType, content, signer }: SignedData,
  certificate: Certificate,
): boolean {
  const { digestAlgorithm, signedAttributes, signatureAlgorithm, signature } = signer
  const digest = digests.get(digestAlgorithm)
  if (digest === undefined) return false
  if (signedAttributes !== undefined) {
    const expected = createHash(digest).update(content).digest()
    if (signedAttributes.contentType !== contentType) return false
    if (!isSameBytes(signedAttributes.messageDigest, expected)) return false
  }
  const signed = signedAttributes?.der ?? content
  return isSignedByKeyOf(certificate, { signatureAlgorithm, signed, signature })
}
