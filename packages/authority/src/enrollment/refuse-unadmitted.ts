import type { Kysely } from 'kysely'
import type { Tables } from '../store/tables.ts'
import { admitBeforeSigning } from '../users/admit-device.ts'
import { newDevice } from '../users/new-device.ts'
import type { Admission } from './admission.ts'
import type { Enrollment } from './enroll-device.ts'
import { supersedable } from './held-key.ts'
import { policyGate } from './policy-gate.ts'

/**
 * Refuses what the write of an enrolment would refuse, as far as it can be known before: its key, its user and its
 * place. Whether it is one too many, the write decides; in mode `shadow` that alone notes what it finds.
 *
 * @throws Problem of `supersedable` and `admitBeforeSigning`
 */
export async function refuseUnadmitted(
  store: Kysely<Tables>,
  enrollment: Enrollment,
  { admission, isApproved, now }: { admission: Admission; isApproved: boolean; now: number },
): Promise<void> {
  const { appId, app, request } = enrollment
  const appAttestKeyId = admission.standing?.appAttestKey?.keyId
  await supersedable(store, { appId, spkiSha256: request.spkiSha256, appAttestKeyId })
  const gate = policyGate(app.enrollment.mode)
  await admitBeforeSigning(store, newDevice(enrollment, admission, now), { isApproved }, gate)
}
