import { type Certificate, isIssuedBy } from '@sallyport/pki'
import type { TrustAnchor } from '../trust.ts'
import type { ChainEnd } from './certificate-chain.ts'

/**
 * The anchor whose key the last certificate of a chain has, or else whose name it gives as its issuer.
 * Only configured keys are anchors, never a root that evidence brings. A self-issued last certificate
 * of another key ends nowhere, whatever its name. Not checked: that the signature is the anchor's
 * (`signatures` does), and the dates of the anchor, which mean nothing.
 */
export function findChainEnd(
  certificates: readonly Certificate[],
  anchors: readonly TrustAnchor[],
): ChainEnd | undefined {
  const last = certificates.at(-1)
  if (last === undefined) return undefined
  const included = anchors.find(({ spki }) => spki.equals(last.spki))
  if (included !== undefined) return { anchor: included, isIncluded: true }
  if (last.issuer.equals(last.subject)) return undefined
  const named = anchors.filter(({ subject }) => subject.equals(last.issuer))
  // Roots may share a name; the one that signed it is meant.
  const anchor =
    named.length < 2
      ? named[0]
      : (named.find(({ certificate }) => isIssuedBy(last, certificate)) ?? named[0])
  return anchor === undefined ? undefined : { anchor, isIncluded: false }
}
