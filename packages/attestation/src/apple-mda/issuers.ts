import type { Certificate } from '@sallyport/pki'

/**
 * The position of the first certificate that stands where it may not, or undefined. Apple's chains keep
 * to RFC 5280 §6.1.4: what issues is a CA for certificates, with room below it, and a leaf is none.
 * Otherwise the attested key of one phone could sign an attestation of any other key.
 */
export function findUnfitIssuer(certificates: readonly Certificate[]): number | undefined {
  const unfit = certificates.findIndex((certificate, position) => {
    const { isCa, keyUsage, pathLength } = certificate
    if (position === 0) return isCa
    const maySign = isCa && (keyUsage === undefined || keyUsage.has('keyCertSign'))
    return !maySign || (pathLength !== undefined && pathLength < position - 1)
  })
  return unfit < 0 ? undefined : unfit
}
