import type { Kysely } from 'kysely'
import { appendAudit } from '../audit/audit-log.ts'
import { recordCertificate, type SignedCertificate } from '../issuance/sign-certificate.ts'
import type { CertificateRow, DeviceRow, Tables } from '../store/tables.ts'
import type { Admission } from './admission.ts'
import type { Enrollment } from './enroll-device.ts'
import { useToken } from './enrollment-token.ts'
import { supersedeHolders } from './held-key.ts'
import { useChallenge } from './used-challenge.ts'

export type NewEnrollment = {
  enrollment: Enrollment
  admission: Admission
  signed: SignedCertificate
  deviceId: string
  trustDomain: string
  tokenId: string | undefined
  approvalId: string | undefined
  now: number
}

/** The one write of an enrolment: device, certificate, what was used up, and the audit log. */
export async function recordEnrollment(
  store: Kysely<Tables>,
  { enrollment, admission, signed, deviceId, now, ...from }: NewEnrollment,
): Promise<{ certificate: CertificateRow; device: DeviceRow }> {
  const { appId, challenge, caller } = enrollment
  const { spkiSha256 } = enrollment.request
  await supersedeHolders(store, { appId, spkiSha256 }, { deviceId, now })
  const device: DeviceRow = {
    id: deviceId,
    app_id: appId,
    trust_domain: from.trustDomain,
    status: 'active',
    status_reason: null,
    status_changed_at: now,
    development: admission.kind === 'development' ? 1 : 0,
    assurance: admission.assurance,
    platform: admission.platform,
    app_version: admission.appVersion,
    os_patch_level: admission.osPatchLevel ?? null,
    evidence_format: admission.evidenceFormat,
    appraised_at: admission.appraisedAt,
    enrolled_at: now,
    expires_at: signed.certificate.notAfter,
    shadow: admission.shadow.length === 0 ? null : JSON.stringify(admission.shadow),
    model: null,
    os_version: null,
    user_provider: null,
    user_subject: null,
    phone_id: null,
    enrolled_from: caller.address,
    batch: null,
    appraisal_id: null,
  }
  await store.insertInto('devices').values(device).execute()
  const facts = { deviceId, appId, predecessor: null, now }
  const certificate = await recordCertificate(store, signed, facts)
  const { thumbprint } = certificate
  if (from.approvalId === undefined) {
    await useChallenge(store, challenge, { spkiSha256, now, thumbprint })
  } else {
    await endApproval(store, from.approvalId, { deviceId, thumbprint })
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
      thumbprint,
      serial: certificate.serial,
      assurance: device.assurance,
      evidence: device.evidence_format,
      development: device.development === 1,
      approvalId: from.approvalId ?? null,
      shadow: admission.shadow.map(({ check, code }) => ({ check, code })),
      requestId: caller.requestId,
    },
  })
  return { certificate, device }
}

async function endApproval(
  store: Kysely<Tables>,
  approvalId: string,
  { deviceId, thumbprint }: { deviceId: string; thumbprint: string },
): Promise<void> {
  await store
    .updateTable('approvals')
    .set({ device_id: deviceId })
    .where('id', '=', approvalId)
    .execute()
  await store
    .updateTable('challenges_used')
    .set({ thumbprint })
    .where('approval_id', '=', approvalId)
    .execute()
}
