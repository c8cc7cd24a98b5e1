import type { TrustBundle } from '@sallyport/pki'
import { leafThumbprint, type PresentedLeaf, presentLeaf } from './presented-leaf.ts'

/** A phone reconnects often; its certificate is parsed and its signature checked once. */
const maxRemembered = 4_096

/**
 * What a host believes, at one version: the issuing CAs, and the leaves already held against them.
 * Another version is another object, so that nothing verified under the old one outlives it.
 */
export type HostTrust = {
  /** The same at every gateway that believes the same CAs; part of each TLS session's context. */
  readonly fingerprint: string
  readonly verify: (der: Buffer) => PresentedLeaf
}

export function hostTrust(bundle: TrustBundle, fingerprint: string): HostTrust {
  const remembered = new Map<string, PresentedLeaf>()
  return {
    fingerprint,
    verify: (der) => {
      const thumbprint = leafThumbprint(der)
      const known = remembered.get(thumbprint)
      if (known !== undefined) {
        // Last used, last forgotten.
        remembered.delete(thumbprint)
        remembered.set(thumbprint, known)
        return known
      }
      const leaf = presentLeaf(der, thumbprint, bundle)
      // Strangers are not remembered: they could push out everyone else, and fill the memory.
      if (leaf.failed !== undefined) return leaf
      if (remembered.size >= maxRemembered) forgetOldest(remembered)
      remembered.set(thumbprint, leaf)
      return leaf
    },
  }
}

function forgetOldest(remembered: Map<string, PresentedLeaf>): void {
  for (const thumbprint of remembered.keys()) {
    remembered.delete(thumbprint)
    return
  }
}
