import { chainChecks } from '../chain/chain-checks.ts'
import { type CheckRow, unchecked } from '../check-table.ts'
import {
  type AndroidKeySubject,
  type DescribedSubject,
  isDescribed,
} from './android-key-subject.ts'
import { applicationChecks } from './application-checks.ts'
import { bootChecks } from './boot-checks.ts'
import { chainPositionChecks } from './chain-position-checks.ts'
import { keyChecks } from './key-checks.ts'
import { statusListChecks } from './status-list-checks.ts'
import { useChecks } from './use-checks.ts'
import { versionChecks } from './version-checks.ts'

/** Every check of an Android Key Attestation, in the order of the result. */
export const androidKeyChecks: readonly CheckRow<AndroidKeySubject>[] = [
  ...chainChecks,
  ...chainPositionChecks,
  ...statusListChecks,
  ...[...keyChecks, ...bootChecks, ...applicationChecks, ...versionChecks, ...useChecks].map(
    whereDescribed,
  ),
]

/** Without a KeyDescription, which `keyDescription` refuses, there is nothing to look at. */
function whereDescribed(row: CheckRow<DescribedSubject>): CheckRow<AndroidKeySubject> {
  return {
    ...row,
    run: (subject) =>
      isDescribed(subject) ? row.run(subject) : unchecked('not reached', 'a KeyDescription'),
  }
}
