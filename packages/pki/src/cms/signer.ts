import { createHash, timingSafeEqual } from 'node:crypto'
import type { Certificate } from '../certificate.ts'
import { isSignedByKeyOf } from '../signed-by-key-of.ts'
import { cmsOids } from './cms-oids.ts'
import type { SignedData } from './signed-data.ts'

/**
 * Digests that are accepted, and what a signature is made with where its own algorithm names the key
 * alone (RFC 3370 §3.2, RFC 5754 §3.2): by OID.
 */
const digests: ReadonlyMap<string, { hash: string; withRsa: string }> = new Map([
  [cmsOids.sha256, { hash: 'sha256', withRsa: '1.2.840.113549.1.1.11' }],
  [cmsOids.sha384, { hash: 'sha384', withRsa: '1.2.840.113549.1.1.12' }],
  [cmsOids.sha512, { hash: 'sha512', withRsa: '1.2.840.113549.1.1.13' }],
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
    const expected = createHash(digest.hash).update(content).digest()
    const { messageDigest } = signedAttributes
    if (signedAttributes.contentType !== contentType) return false
    if (messageDigest.length !== expected.length) return false
    if (!timingSafeEqual(messageDigest, expected)) return false
  }
  const signed = signedAttributes?.der ?? content
  const algorithm =
    signatureAlgorithm === cmsOids.rsaEncryption ? digest.withRsa : signatureAlgorithm
  return isSignedByKeyOf(certificate, { signatureAlgorithm: algorithm, signed, signature })
}
