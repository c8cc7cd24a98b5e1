import { type CheckRow, holds, unchecked } from '../check-table.ts'
import type { DescribedSubject } from './android-key-subject.ts'

/** The app that had the key made. Android tells it, so it is as true as the Android that was booted. */
export const applicationChecks: readonly CheckRow<DescribedSubject>[] = [
  {
    // Apps that share a user id are told all together, and they share the signer.
    name: 'package',
    code: 'android_package_mismatch',
    kind: 'policy',
    run: ({ description: { softwareEnforced }, policy: { packages } }) => {
      const told = softwareEnforced.attestationApplicationId?.packages.map(({ name }) => name) ?? []
      return oneOf(packages, told)
    },
  },
  {
    name: 'signer',
    code: 'android_signer_mismatch',
    kind: 'policy',
    run: ({ description: { softwareEnforced }, policy: { signerDigests } }) => {
      const digests = softwareEnforced.attestationApplicationId?.signatures ?? []
      return oneOf(
        signerDigests,
        digests.map((digest) => digest.toString('hex')),
      )
    },
  },
]

function oneOf(allowed: readonly string[] | undefined, told: readonly string[]) {
  const found = told.length === 0 ? 'none' : told.join(', ')
  if (allowed === undefined) return unchecked(found)
  return holds(
    told.some((one) => allowed.includes(one)),
    allowed.join(' or '),
    found,
  )
}
