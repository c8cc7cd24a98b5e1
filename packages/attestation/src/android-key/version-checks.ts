import { type CheckRow, type Finding, holds, unchecked } from '../check-table.ts'
import type { AuthorizationList } from './authorization-list.ts'
import type { DescribedSubject } from './android-key-subject.ts'
import { patchAgeDays, patchLevelText, patchLevelTime, policyPatchTime } from './patch-level.ts'
import type { AndroidKeyPolicy } from './policy.ts'

/** How old the phone's software is, as its secure hardware tells it. */
export const versionChecks: readonly CheckRow<DescribedSubject>[] = [
  {
    name: 'attestationVersion',
    code: 'android_attestation_version_too_low',
    kind: 'policy',
    run: ({ description: { attestationVersion }, policy: { minimumAttestationVersion } }) =>
      atLeast(minimumAttestationVersion, attestationVersion),
  },
  {
    name: 'osVersion',
    code: 'android_os_version_too_low',
    kind: 'policy',
    run: ({ description, policy: { minimumOsVersion } }) =>
      atLeast(minimumOsVersion, description.hardwareEnforced.osVersion),
  },
  {
    name: 'osPatchLevel',
    code: 'android_os_patch_level_too_old',
    kind: 'policy',
    run: (subject) => patchFinding(subject, 'osPatchLevel', 'minimumOsPatchLevel'),
  },
  {
    name: 'vendorPatchLevel',
    code: 'android_vendor_patch_level_too_old',
    kind: 'policy',
    run: (subject) => patchFinding(subject, 'vendorPatchLevel', 'minimumVendorPatchLevel'),
  },
  {
    name: 'bootPatchLevel',
    code: 'android_boot_patch_level_too_old',
    kind: 'policy',
    run: (subject) => patchFinding(subject, 'bootPatchLevel', 'minimumBootPatchLevel'),
  },
]

function atLeast(minimum: number | undefined, said: number | undefined): Finding {
  const found = said === undefined ? 'none' : `${said}`
  if (minimum === undefined) return unchecked(found)
  return holds(said !== undefined && said >= minimum, `${minimum} or later`, found)
}

function patchFinding(
  { description, policy, chain: { at } }: DescribedSubject,
  member: keyof AuthorizationList & ('osPatchLevel' | 'vendorPatchLevel' | 'bootPatchLevel'),
  asked: keyof AndroidKeyPolicy &
    ('minimumOsPatchLevel' | 'minimumVendorPatchLevel' | 'minimumBootPatchLevel'),
): Finding {
  const level = description.hardwareEnforced[member]
  const { [asked]: minimum, maximumPatchAgeDays: maximumDays } = policy
  const found = patchLevelText(level)
  if (minimum === undefined && maximumDays === undefined) return unchecked(found)
  const time = patchLevelTime(level)
  const expected = [
    ...(minimum === undefined ? [] : [`${minimum} or later`]),
    ...(maximumDays === undefined ? [] : [`at most ${maximumDays} days old`]),
  ].join(', ')
  const isNewEnough = minimum === undefined || (time ?? 0) >= policyPatchTime(minimum)
  const isYoungEnough = maximumDays === undefined || patchAgeDays(time ?? 0, at) <= maximumDays
  return holds(time !== undefined && isNewEnough && isYoungEnough, expected, found)
}
