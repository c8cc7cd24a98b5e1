import { certificatesFromPem } from '@sallyport/pki'
import { type TrustAnchor, trustAnchor } from '../trust.ts'
import {
  appleAppAttestationRoot,
  appleEnterpriseAttestationRoot,
  appleRootG3,
  googleHardwareAttestationRoot,
  googleKeyAttestationCa1,
} from './root-certificates.ts'

/** The roots that phones of today end at, by what they are roots of. */
export const builtInRoots = {
  /** Android Key Attestation: the RSA key, and the P-384 key of phones provisioned since 2026. */
  google: anchorsOf(googleHardwareAttestationRoot, googleKeyAttestationCa1),
  appAttest: anchorsOf(appleAppAttestationRoot),
  appAttestReceipts: anchorsOf(appleRootG3),
  managedDevices: anchorsOf(appleEnterpriseAttestationRoot),
} as const satisfies Readonly<Record<string, readonly TrustAnchor[]>>

function anchorsOf(...pem: readonly string[]): readonly TrustAnchor[] {
  return pem.flatMap((text) => certificatesFromPem(text)).map((root) => trustAnchor(root))
}
