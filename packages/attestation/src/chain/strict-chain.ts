import type { Certificate } from '@sallyport/pki'
import type { TrustAnchor } from '../trust.ts'
import { findChainEnd } from './anchors.ts'
import type { CertificateChain } from './certificate-chain.ts'

/**
 * A chain as Apple makes them: the dates of every certificate count. Those of a root that came along do
 * not, for the anchor is its key.
 */
export function strictChain(
  certificates: readonly Certificate[],
  anchors: readonly TrustAnchor[],
  at: number,
): CertificateChain {
  const end = findChainEnd(certificates, anchors)
  const root = end?.isIncluded === true ? certificates.length - 1 : undefined
  return {
    certificates,
    end,
    at,
    dateRule: (position) => (position === root ? 'neither' : 'both'),
  }
}
