import { type Certificate, isSignedByKeyOf, nameAttributes } from '@sallyport/pki'
import type { CertificateChain, ChainEnd } from './certificate-chain.ts'

/**
 * The position of the first certificate that does not name the next one as its issuer, or undefined.
 * Names are compared by their bytes (RFC 5280 §7.1 would let case and spaces differ; genuine chains do
 * not need it). A certificate that the phone made may leave attributes of its issuer out, not all.
 */
export function findBrokenName(chain: CertificateChain): number | undefined {
  const { certificates, end, deviceMade = 0 } = chain
  const broken = certificates.findIndex((certificate, position) => {
    const issuer = issuerAt(certificates, position, end?.anchor.certificate)
    if (issuer === undefined || certificate.issuer.equals(issuer.subject)) return false
    return position >= deviceMade || !isPartOfName(certificate.issuer, issuer.subject)
  })
  return broken < 0 ? undefined : broken
}

/**
 * The position of a certificate whose signature is not of the next one's key, or undefined: the last
 * such one. From the anchor downwards, so that whoever brings a chain of their own under a name of the
 * anchor makes us compute one signature and not ten. The last one's is of the anchor's key, also where
 * it is a certificate of the anchor itself.
 */
export function findBrokenSignature(
  certificates: readonly Certificate[],
  { anchor: { certificate: anchor } }: ChainEnd,
): number | undefined {
  const broken = certificates.findLastIndex((certificate, position) => {
    const issuer = issuerAt(certificates, position, anchor)
    if (issuer === undefined) return false
    // A root that is configured byte by byte is believed as it is: nothing else vouches for it.
    if (issuer === anchor && certificate.der.equals(anchor.der)) return false
    // The anchor's key is made once for all chains, where a chain brings it too.
    const key = issuer.spki.equals(anchor.spki) ? anchor : issuer
    const { signatureAlgorithm, tbs: signed, signature } = certificate
    return !isSignedByKeyOf(key, { signatureAlgorithm, signed, signature })
  })
  return broken < 0 ? undefined : broken
}

function issuerAt(
  certificates: readonly Certificate[],
  position: number,
  anchor: Certificate | undefined,
): Certificate | undefined {
  return position === certificates.length - 1 ? anchor : certificates[position + 1]
}

function isPartOfName(part: Buffer, whole: Buffer): boolean {
  const attributes = nameAttributes(whole)
  const parts = nameAttributes(part)
  return (
    parts.length > 0 &&
    parts.every(({ oid, value }) =>
      attributes.some((attribute) => attribute.oid === oid && attribute.value === value),
    )
  )
}
