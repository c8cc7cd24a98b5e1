import type { Certificate } from '@sallyport/pki'
import type { Assurance } from '@sallyport/wire'
import type { AttestationResult, Claims } from '../attestation-result.ts'
import { certificateClaims } from '../chain/certificate-claims.ts'
import { parseChain } from '../chain/chain-evidence.ts'
import { strictChain } from '../chain/strict-chain.ts'
import { runChecks } from '../check-table.ts'
import { malformedResult, wellFormed } from '../malformed-result.ts'
import type { TrustMaterial } from '../trust.ts'
import { type ManagedDevice, readManagedDevice } from './managed-device.ts'
import { managedDeviceChecks } from './managed-device-checks.ts'
import type { ManagedDevicePolicy } from './policy.ts'

const format = 'apple-mda'

export type ManagedDeviceOptions = {
  /** DER certificates, leaf first, with or without the root: `x5c` of ACME `device-attest-01`. */
  readonly chain: readonly Uint8Array[]
  /** Of which the leaf has the SHA-256: the token, in ACME. Undefined: not checked. */
  readonly challenge?: Uint8Array | undefined
  /** DER SubjectPublicKeyInfo that must be the attested one. Undefined: not checked. */
  readonly spki?: Uint8Array | undefined
  /** Milliseconds. */
  readonly at: number
  readonly trust: TrustMaterial['managedDevices']
  readonly policy: ManagedDevicePolicy
  readonly minimumAssurance?: Assurance | undefined
}

/**
 * Appraises a Managed Device Attestation: a chain to Apple Enterprise Attestation Root CA whose leaf
 * certifies a key in the Secure Enclave of a device under management, and says which device, what it
 * runs, and for which challenge. The only evidence that proves `secure-enclave`.
 *
 * Not checked: whether the device is still managed, or Apple withdrew a certificate: there is no list.
 */
export function appraiseManagedDevice(options: ManagedDeviceOptions): AttestationResult {
  const { challenge, spki, at, trust, policy, minimumAssurance } = options
  const certificates = parseChain(options.chain)
  if (!Array.isArray(certificates)) {
    return malformedResult(format, managedDeviceChecks, certificates)
  }
  const [leaf] = certificates
  if (leaf === undefined) throw new TypeError('a chain that was parsed has a leaf')
  const chain = strictChain(certificates, trust.anchors, at)
  const device = readManagedDevice(leaf)
  const asked = { challenge, spki, policy, minimumAssurance }
  const result = runChecks(managedDeviceChecks, { chain, leaf, device, ...asked })
  return {
    format,
    accepted: result.accepted,
    assurance: result.proven ? 'secure-enclave' : 'unattested',
    development: chain.end?.anchor.development ?? false,
    checks: [wellFormed('X.509 certificates', `${certificates.length}`), ...result.checks],
    claims: claimsOf(device, certificates),
    facts: result.proven ? factsOf(device) : {},
  }
}

function claimsOf(device: ManagedDevice, certificates: readonly Certificate[]): Claims {
  const { freshness, others, ...told } = device
  return {
    ...Object.fromEntries(Object.entries(told).map(([name, value]) => [name, value ?? null])),
    freshness: freshness?.toString('hex') ?? null,
    otherExtensions: Object.fromEntries(
      [...others].map(([oid, value]) => [oid, value.toString('hex')]),
    ),
    certificates: certificateClaims(certificates),
  }
}

function factsOf({ softwareUpdateDeviceId, osVersion, serialNumber, udid }: ManagedDevice) {
  const identifiers = [serialNumber, udid].filter((one) => one !== undefined)
  return {
    ...(identifiers.length === 0 ? {} : { identifiers }),
    ...(softwareUpdateDeviceId === undefined ? {} : { model: softwareUpdateDeviceId }),
    ...(osVersion === undefined ? {} : { osVersion }),
  }
}
