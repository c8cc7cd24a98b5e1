import { type CheckRow, holds, unchecked } from '../check-table.ts'
import type { DescribedSubject } from './android-key-subject.ts'
import type { RootOfTrust } from './root-of-trust.ts'

/** What the phone was booted with, as its secure hardware tells it. */
export const bootChecks: readonly CheckRow<DescribedSubject>[] = [
  {
    name: 'bootloader',
    code: 'android_bootloader_unlocked',
    kind: 'policy',
    run: ({ description, policy: { requireLockedBootloader: isAskedFor = false } }) => {
      const { rootOfTrust } = description.hardwareEnforced
      const found = lockText(rootOfTrust)
      return isAskedFor
        ? holds(rootOfTrust?.deviceLocked === true, 'locked', found)
        : unchecked(found)
    },
  },
  {
    name: 'verifiedBoot',
    code: 'android_boot_not_verified',
    kind: 'policy',
    run: ({
      description,
      policy: { requireVerifiedBoot: isAskedFor = false, verifiedBootKeys },
    }) => {
      const { rootOfTrust } = description.hardwareEnforced
      const found = bootText(rootOfTrust)
      if (!isAskedFor) return unchecked(found)
      const expected =
        verifiedBootKeys === undefined
          ? 'VERIFIED'
          : 'VERIFIED, or SELF_SIGNED by a key of verifiedBootKeys'
      return holds(isVerified(rootOfTrust, verifiedBootKeys), expected, found)
    },
  },
]

function isVerified(boot: RootOfTrust | undefined, keys: readonly string[] = []): boolean {
  if (boot === undefined) return false
  const { verifiedBootState, verifiedBootKey } = boot
  if (verifiedBootState === 'SELF_SIGNED') return keys.includes(verifiedBootKey.toString('hex'))
  return verifiedBootState === 'VERIFIED'
}

function lockText(boot: RootOfTrust | undefined): string {
  if (boot === undefined) return 'not told'
  return boot.deviceLocked ? 'locked' : 'unlocked'
}

function bootText(boot: RootOfTrust | undefined): string {
  if (boot === undefined) return 'not told'
  return `${boot.verifiedBootState}, key ${boot.verifiedBootKey.toString('hex') || 'none'}`
}
