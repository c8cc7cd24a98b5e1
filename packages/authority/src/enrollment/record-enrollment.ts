import type { Kysely } from 'kysely'
import { assignAppraisal, recordAppraisal } from '../appraisals/record-appraisal.ts'
import { recordStanding } from '../appraisals/standing.ts'
import { appendAudit } from '../audit/audit-log.ts'
import { made } from '../audit/change.ts'
import { recordCertificate, type SignedCertificate } from '../issuance/sign-certificate.ts'
import type { AppraisalRow, CertificateRow, DeviceRow, Tables } from '../store/tables.ts'
import { admitDevice, tellOfUserDevice } from '../users/admit-device.ts'
import type { NewDevice } from '../users/new-device.ts'
import type { Admission } from './admission.ts'
import { useApproval } from './approval.ts'
import { deviceRow } from './device-row.ts'
import type { Enrollment } from './enroll-device.ts'
import { useToken } from './enrollment-token.ts'
import { supersedeHolders } from './held-key.ts'
import { policyGate } from './policy-gate.ts'
import { useChallenge } from './used-challenge.ts'

export type NewEnrollment = {
  enrollment: Enrollment
  /** What it is counted by. */
  device: NewDevice
  admission: Admission
  signed: SignedCertificate
  deviceId: string
  trustDomain: string
  tokenId: string | undefined
  approvalId: string | undefined
  /** Where approval was waited for, it is kept already. */
  appraisal: AppraisalRow | undefined
  now: number
}

/**
 * The one write of an enrolment: device, certificate, what was used up, and the audit log.
 *
 * @returns the rows, and how many devices its user has beside it
 * @throws Problem of `supersedeHolders`, `admitDevice`, `recordCertificate` and `useApproval`, `enrollment_token_invalid`
 */
export async function recordEnrollment(
  store: Kysely<Tables>,
  { enrollment, device, admission, signed, deviceId, now, ...from }: NewEnrollment,
): Promise<{ certificate: CertificateRow; row: DeviceRow; others: number }> {
  const { appId, app, challenge, caller } = enrollment
  const { spkiSha256 } = enrollment.request
  const appAttestKeyId = admission.standing?.appAttestKey?.keyId
  await supersedeHolders(store, { appId, spkiSha256, appAttestKeyId }, { deviceId, now })
  const gate = policyGate(app.enrollment.mode)
  const isApproved = from.approvalId !== undefined
  const others = await admitDevice(store, device, { deviceId, isApproved }, gate)
  const shadow = [...admission.shadow, ...gate.findings]
  const { address } = caller
  const row: DeviceRow = {
    ...deviceRow({ appId, deviceId, admission: { ...admission, shadow }, signed, address, now }),
    user_provider: device.user?.provider ?? null,
    user_subject: device.user?.subject ?? null,
    phone_id: device.phoneId ?? null,
  }
  await store.insertInto('devices').values(row).execute()
  await recordEvidence(store, { admission, deviceId, now, appraisal: from.appraisal })
  const facts = { deviceId, appId, predecessor: null, now }
  const certificate = await recordCertificate(store, signed, facts)
  const { thumbprint } = certificate
  const approvedBy =
    from.approvalId === undefined
      ? null
      : await endApproval(store, from.approvalId, { deviceId, thumbprint })
  if (from.approvalId === undefined) {
    await useChallenge(store, challenge, { spkiSha256, now, thumbprint })
  }
  if (from.tokenId !== undefined) {
    await useToken(store, from.tokenId, { usedFor: deviceId, now, address: caller.address })
  }
  await appendAudit(store, {
    at: now,
    actor: caller.address,
    action: 'device.enrolled',
    subject: deviceId,
    detail: {
      appId,
      approvalId: from.approvalId ?? null,
      shadow: shadow.map(({ check, code }) => ({ check, code })),
      requestId: caller.requestId,
      ...made({
        status: row.status,
        thumbprint,
        serial: certificate.serial,
        assurance: row.assurance,
        evidence: row.evidence_format,
        appraisalId: row.appraisal_id,
        development: row.development === 1,
      }),
    },
  })
  await tellOfUserDevice(store, device, { deviceId, others, approvedBy })
  return { certificate, row, others }
}

async function recordEvidence(
  store: Kysely<Tables>,
  {
    admission: { standing },
    deviceId,
    now,
    appraisal,
  }: Pick<NewEnrollment, 'admission' | 'deviceId' | 'now' | 'appraisal'>,
): Promise<void> {
  if (standing === null) return
  if (appraisal === undefined) await assignAppraisal(store, standing.appraisalId, deviceId)
  else await recordAppraisal(store, appraisal, deviceId)
  await recordStanding(store, deviceId, standing, now)
}

/** @returns who approved */
async function endApproval(
  store: Kysely<Tables>,
  approvalId: string,
  { deviceId, thumbprint }: { deviceId: string; thumbprint: string },
): Promise<string | null> {
  const approvedBy = await useApproval(store, { id: approvalId, deviceId })
  await store
    .updateTable('challenges_used')
    .set({ thumbprint })
    .where('approval_id', '=', approvalId)
    .execute()
  return approvedBy
}
