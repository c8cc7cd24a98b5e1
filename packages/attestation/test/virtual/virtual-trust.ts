import type { DevelopmentRoot } from '@sallyport/virtual-device'
import { type AttestationResult, trustAnchor, type TrustMaterial } from '../../src/index.ts'

/** The roots of the makers swapped for one of our own: everything else is as in production. */
export function virtualTrust(root: DevelopmentRoot): TrustMaterial {
  const anchors = [trustAnchor(root.certificate, { development: true })]
  return {
    android: { anchors, statusList: undefined },
    appAttest: { anchors },
    appAttestReceipts: { anchors },
    managedDevices: { anchors },
  }
}

/** The codes of the checks that failed. */
export function refusalsOf({ checks }: AttestationResult): string[] {
  return checks.flatMap(({ outcome, code }) => (outcome === 'failed' ? [code ?? ''] : []))
}
