import { keyKinds } from '@sallyport/pki'
import { type CheckRow, holds, unchecked } from '../check-table.ts'
import { isSameBytes } from '../same-bytes.ts'
import type { DescribedSubject } from './android-key-subject.ts'
import { differences } from './attested-key.ts'
import { purposes, purposeText } from './key-mint-values.ts'

const allowedPurposes: ReadonlySet<number> = new Set([purposes.sign, purposes.verify])

/** What the attested key is, where it lives and what it was made for. */
export const keyChecks: readonly CheckRow<DescribedSubject>[] = [
  {
    name: 'challenge',
    code: 'attestation_challenge_mismatch',
    kind: 'proof',
    run: ({ description: { attestationChallenge }, challenge }) => {
      const found = hex(attestationChallenge)
      if (challenge === undefined) return unchecked(found)
      return holds(isSameBytes(attestationChallenge, challenge), hex(challenge), found)
    },
  },
  {
    name: 'key',
    code: 'attestation_key_mismatch',
    kind: 'proof',
    run: ({ attestedSpki, spki, key: { kind } }) => {
      if (spki === undefined) return unchecked(kind)
      const isSame = isSameBytes(attestedSpki, spki)
      return holds(isSame, 'the key to be certified', isSame ? 'that key' : `another, ${kind}`)
    },
  },
  {
    name: 'hardware',
    code: 'android_key_in_software',
    kind: 'proof',
    run: ({ description: { attestationSecurityLevel, keyMintSecurityLevel } }) =>
      holds(
        attestationSecurityLevel !== 'SOFTWARE' && keyMintSecurityLevel !== 'SOFTWARE',
        'key and attestation made in hardware',
        `key ${keyMintSecurityLevel}, attestation ${attestationSecurityLevel}`,
      ),
  },
  {
    name: 'securityLevels',
    code: 'android_security_levels_differ',
    kind: 'proof',
    run: ({ description: { attestationSecurityLevel, keyMintSecurityLevel } }) =>
      holds(
        attestationSecurityLevel === keyMintSecurityLevel,
        `attested where the key lives, ${keyMintSecurityLevel}`,
        attestationSecurityLevel,
      ),
  },
  {
    name: 'origin',
    code: 'android_key_not_generated',
    kind: 'proof',
    run: ({ description: { hardwareEnforced, softwareEnforced } }) =>
      holds(
        hardwareEnforced.origin === 'GENERATED' &&
          (softwareEnforced.origin ?? 'GENERATED') === 'GENERATED',
        'GENERATED, enforced by hardware',
        `${hardwareEnforced.origin ?? 'none'} by hardware, ${softwareEnforced.origin ?? 'none'} by software`,
      ),
  },
  {
    name: 'purposes',
    code: 'android_key_purpose_refused',
    kind: 'proof',
    run: ({ description: { hardwareEnforced, softwareEnforced } }) => {
      const enforced = hardwareEnforced.purposes ?? []
      const others = softwareEnforced.purposes ?? []
      return holds(
        enforced.includes(purposes.sign) &&
          [...enforced, ...others].every((one) => allowedPurposes.has(one)),
        'SIGN, with or without VERIFY, enforced by hardware',
        `${purposeText(enforced)} by hardware, ${purposeText(others)} by software`,
      )
    },
  },
  {
    name: 'keyKind',
    code: 'android_key_kind_refused',
    kind: 'policy',
    run: ({ key: { kind }, policy: { keyKinds: allowed = keyKinds } }) =>
      holds(
        allowed.some((name) => name === kind),
        allowed.join(', '),
        kind,
      ),
  },
  {
    name: 'keyParameters',
    code: 'android_key_parameters_differ',
    kind: 'proof',
    run: ({ key, description: { hardwareEnforced, softwareEnforced } }) => {
      const found = [...differences(key, hardwareEnforced), ...differences(key, softwareEnforced)]
      return holds(
        found.length === 0,
        'the properties of the key as it is',
        found.length === 0 ? 'all as they are' : found.join('; '),
      )
    },
  },
  {
    // WebAuthn §8.4 asks for the same: a key for all apps is no key of this one.
    name: 'applicationScope',
    code: 'android_key_for_all_apps',
    kind: 'policy',
    run: ({ description: { hardwareEnforced, softwareEnforced } }) => {
      const isForAll =
        (hardwareEnforced.allApplications ?? softwareEnforced.allApplications) === true
      return holds(!isForAll, 'a key of one app', isForAll ? 'for all apps' : 'of one app')
    },
  },
]

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex') || 'empty'
