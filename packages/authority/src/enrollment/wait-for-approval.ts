import type { Kysely } from 'kysely'
import { recordAppraisal } from '../appraisals/record-appraisal.ts'
import type { AppraisalRow, EnrollmentTokenRow, Tables } from '../store/tables.ts'
import { newDevice } from '../users/new-device.ts'
import type { Admission } from './admission.ts'
import { requestApproval } from './approval.ts'
import type { Enrollment } from './enroll-device.ts'
import { useToken } from './enrollment-token.ts'
import { useChallenge } from './used-challenge.ts'

/**
 * Has an enrolment wait, in one write: what was admitted is kept, the challenge and the token are used.
 *
 * Its challenge was not used before.
 *
 * @returns the id of its approval
 * @throws Problem of `requestApproval`
 */
export async function waitForApproval(
  store: Kysely<Tables>,
  enrollment: Enrollment,
  admission: Admission,
  from: {
    token?: EnrollmentTokenRow | undefined
    appraisal?: AppraisalRow | undefined
    now: number
  },
): Promise<string> {
  const { challenge, caller } = enrollment
  const { spkiSha256 } = enrollment.request
  const { token, appraisal, now } = from
  const device = newDevice(enrollment, admission, now)
  const { id } = await requestApproval(store, { device, admission, spkiSha256 })
  await useChallenge(store, challenge, { spkiSha256, now, approvalId: id })
  if (token !== undefined) {
    await useToken(store, token.id, { usedFor: id, now, address: caller.address })
  }
  if (appraisal !== undefined) await recordAppraisal(store, appraisal, null)
  return id
}
