import { createHash } from 'node:crypto'
import type { Certificate } from '@sallyport/pki'
import { type Assurance, isAtLeast } from '@sallyport/wire'
import { chainChecks, type ChainSubject } from '../chain/chain-checks.ts'
import { type CheckRow, type Finding, holds, unchecked } from '../check-table.ts'
import { isSameBytes } from '../same-bytes.ts'
import { isVersionAtLeast } from '../version-order.ts'
import { findUnfitIssuer } from './issuers.ts'
import type { ManagedDevice } from './managed-device.ts'
import type { ManagedDevicePolicy } from './policy.ts'

export type ManagedDeviceSubject = ChainSubject & {
  readonly leaf: Certificate
  readonly device: ManagedDevice
  readonly challenge: Uint8Array | undefined
  readonly spki: Uint8Array | undefined
  readonly policy: ManagedDevicePolicy
  readonly minimumAssurance: Assurance | undefined
}

const assurance: Assurance = 'secure-enclave'

/** Everything that is checked of a Managed Device Attestation. */
export const managedDeviceChecks: readonly CheckRow<ManagedDeviceSubject>[] = [
  ...chainChecks,
  {
    name: 'issuers',
    code: 'managed_device_issuer_unfit',
    kind: 'proof',
    run: ({ chain }) => {
      const unfit = findUnfitIssuer(chain.certificates)
      return holds(
        unfit === undefined,
        'CAs above the leaf, and the leaf none',
        unfit === undefined ? 'they are' : `certificate ${unfit} is not`,
      )
    },
  },
  {
    name: 'key',
    code: 'attestation_key_mismatch',
    kind: 'proof',
    run: ({ leaf, spki }) => {
      const found = `SHA-256 ${leaf.spkiSha256}`
      if (spki === undefined) return unchecked(found)
      return holds(isSameBytes(leaf.spki, spki), 'the key that is to be certified', found)
    },
  },
  {
    name: 'keyKind',
    code: 'managed_device_key_foreign',
    kind: 'proof',
    // A Secure Enclave makes no others.
    run: ({ leaf: { keyKind, keyDescription } }) =>
      holds(keyKind === 'ec-p256' || keyKind === 'ec-p384', 'ec-p256 or ec-p384', keyDescription),
  },
  {
    name: 'freshness',
    code: 'managed_device_freshness_stale',
    kind: 'proof',
    run: ({ device: { freshness }, challenge }) => {
      // Without one a certificate attests nothing, whoever issued it.
      if (freshness === undefined) return holds(false, 'SHA-256 of a challenge', 'none')
      const found = freshness.toString('hex')
      if (challenge === undefined) return unchecked(found)
      const expected = createHash('sha256').update(challenge).digest()
      const isFresh = isSameBytes(freshness, expected)
      return holds(isFresh, `SHA-256 of the challenge: ${expected.toString('hex')}`, found)
    },
  },
  {
    name: 'identity',
    code: 'managed_device_anonymous',
    kind: 'policy',
    run: ({ device: { serialNumber, udid }, policy }) => {
      const isKnown = serialNumber !== undefined || udid !== undefined
      const found = isKnown ? 'there' : 'neither'
      if (policy.requireIdentity !== true) return unchecked(found)
      return holds(isKnown, 'a serial number or UDID', found)
    },
  },
  {
    name: 'serialNumber',
    code: 'managed_device_serial_number_unlisted',
    kind: 'policy',
    run: ({ device, policy }) => listed(device.serialNumber, policy.serialNumbers),
  },
  {
    name: 'udid',
    code: 'managed_device_udid_unlisted',
    kind: 'policy',
    run: ({ device, policy }) => listed(device.udid, policy.udids),
  },
  {
    name: 'osVersion',
    code: 'managed_device_os_too_old',
    kind: 'policy',
    run: ({ device: { osVersion }, policy: { minimumOsVersion } }) => {
      const found = osVersion ?? 'not told'
      if (minimumOsVersion === undefined) return unchecked(found)
      const isEnough = osVersion !== undefined && isVersionAtLeast(osVersion, minimumOsVersion)
      return holds(isEnough, `at least ${minimumOsVersion}`, found)
    },
  },
  {
    name: 'systemIntegrityProtection',
    code: 'managed_device_sip_off',
    kind: 'policy',
    run: (subject) => ofMac(subject, subject.device.sipStatus, 0),
  },
  {
    name: 'secureBoot',
    code: 'managed_device_boot_reduced',
    kind: 'policy',
    run: (subject) => ofMac(subject, subject.device.secureBoot, 'Full Security'),
  },
  {
    name: 'kernelExtensions',
    code: 'managed_device_kernel_extensions_allowed',
    kind: 'policy',
    run: (subject) => ofMac(subject, subject.device.kernelExtensions, 0),
  },
  {
    name: 'assurance',
    code: 'attestation_assurance_too_low',
    kind: 'policy',
    run: ({ minimumAssurance }) =>
      minimumAssurance === undefined
        ? unchecked(assurance)
        : holds(isAtLeast(assurance, minimumAssurance), minimumAssurance, assurance),
  },
]

/** Serial numbers and UDIDs are written in either case, and mean the same. */
function listed(value: string | undefined, allowed: readonly string[] | undefined): Finding {
  const found = value ?? 'not told'
  if (allowed === undefined) return unchecked(found)
  const isListed = allowed.some((one) => one.toUpperCase() === value?.toUpperCase())
  return holds(isListed, `one of the ${allowed.length} listed`, found)
}

/** Devices on which nobody can turn off what these settings say of a Mac, by Apple's own word. */
const notMac = /^(?:iPhone|iPad|iPod|AppleTV|AudioAccessory|RealityDevice|Watch)\d/

/** A setting of Macs: where Apple does not tell it, the device must be told to be something else. */
function ofMac(
  { device: { softwareUpdateDeviceId }, policy }: ManagedDeviceSubject,
  value: number | string | undefined,
  required: number | string,
): Finding {
  const found = value === undefined ? `not told of ${softwareUpdateDeviceId ?? 'it'}` : `${value}`
  if (policy.requireSecureBoot !== true) return unchecked(found)
  const isExempt = value === undefined && notMac.test(softwareUpdateDeviceId ?? '')
  return holds(isExempt || value === required, `${required}, of a Mac`, found)
}
