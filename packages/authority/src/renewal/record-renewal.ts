import { Problem } from '@sallyport/problem'
import type { Kysely } from 'kysely'
import { recordAppraisal, supersedeAppraisal } from '../appraisals/record-appraisal.ts'
import { replaceStanding } from '../appraisals/standing.ts'
import { appendAudit } from '../audit/audit-log.ts'
import type { Caller } from '../authority.ts'
import type { AppConfig } from '../config/app-config.ts'
import { endCertificate } from '../devices/certificate-status.ts'
import { shadowText } from '../enrollment/admission.ts'
import { refuseHeldKey } from '../enrollment/held-key.ts'
import { usedChallenge, useChallenge } from '../enrollment/used-challenge.ts'
import { recordCertificate, type SignedCertificate } from '../issuance/sign-certificate.ts'
import type { CertificateRow, DeviceRow, Tables } from '../store/tables.ts'
import type { Renewal } from './renewal-caller.ts'
import type { RenewalAdmission } from './renewal-evidence.ts'

const minuteMs = 60_000
const dayMs = 1_440 * minuteMs
/** More is no device at work: each is a row for ever. */
const maxCertificatesPerDay = 100

export type NewRenewal = RenewalAdmission & {
  renewal: Renewal
  signed: SignedCertificate
  predecessor: CertificateRow
  device: DeviceRow
  /** The successor, never used, that the new one takes the place of. */
  replaced: CertificateRow | undefined
  caller: Caller
  now: number
}

/**
 * The one write of a renewal: the new certificate, its place in the lineage, what is known of the
 * device, and the audit log.
 *
 * @returns undefined, with nothing written, where another assertion of the device was first
 */
export async function recordRenewal(
  store: Kysely<Tables>,
  order: NewRenewal,
): Promise<{ certificate: CertificateRow; device: DeviceRow } | undefined> {
  const { renewal, signed, predecessor, replaced, caller, now } = order
  const { appId, challenge, request } = renewal
  const deviceId = order.device.id
  await refuseUsed(store, renewal)
  await refuseTooManyCertificates(store, deviceId, now)
  const { spkiSha256 } = request
  const appAttestKeyId = order.admission.standing?.appAttestKey?.keyId
  await refuseHeldKey(store, { appId, spkiSha256, appAttestKeyId }, deviceId)
  if (!(await recordEvidence(store, order))) return undefined
  if (replaced !== undefined && replaced.status === 'active') {
    await endCertificate(store, {
      certificate: replaced,
      status: 'superseded',
      reason: 'replaced before it was used',
      actor: 'authority',
      now,
    })
  }
  const facts = { deviceId, appId, predecessor: predecessor.thumbprint, now }
  const certificate = await recordCertificate(store, signed, facts)
  await linkPredecessor(store, predecessor, certificate, renewal.app, now)
  const device = await updateDevice(store, order, certificate)
  if (challenge !== undefined) {
    const { thumbprint } = certificate
    await useChallenge(store, challenge, { spkiSha256: request.spkiSha256, now, thumbprint })
  }
  await appendAudit(store, {
    at: now,
    actor: `device:${deviceId}`,
    action: 'certificate.renewed',
    subject: deviceId,
    detail: {
      appId,
      thumbprint: certificate.thumbprint,
      serial: certificate.serial,
      predecessor: predecessor.thumbprint,
      replaced: replaced?.thumbprint ?? null,
      sameKey: certificate.spki_sha256 === predecessor.spki_sha256,
      assurance: device.assurance,
      evidence: order.appraisal?.format ?? null,
      appraisalId: device.appraisal_id,
      shadow: order.admission.shadow.map(({ check, code }) => ({ check, code })),
      requestId: caller.requestId,
    },
  })
  return { certificate, device }
}

/** @throws Problem `renewal_too_often` */
export async function refuseTooManyCertificates(
  store: Kysely<Tables>,
  deviceId: string,
  now: number,
): Promise<void> {
  const { issued } = await store
    .selectFrom('certificates')
    .select((column) => column.fn.countAll<number>().as('issued'))
    .where('device_id', '=', deviceId)
    .where('issued_at', '>', now - dayMs)
    .executeTakeFirstOrThrow()
  if (issued < maxCertificatesPerDay) return
  throw new Problem('renewal_too_often', {
    expected: `fewer than ${maxCertificatesPerDay} certificates a day`,
    found: String(issued),
    retryAfterSeconds: 3_600,
  })
}

/** The predecessor goes on for the overlap of its app, so that calls in flight end well. */
export async function linkPredecessor(
  store: Kysely<Tables>,
  predecessor: CertificateRow,
  successor: CertificateRow,
  app: AppConfig,
  now: number,
): Promise<void> {
  const supersedeAt = now + app.certificate.overlapMinutes * minuteMs
  const isActive = predecessor.status === 'active'
  await store
    .updateTable('certificates')
    .set({
      successor: successor.thumbprint,
      supersede_at: isActive ? (predecessor.supersede_at ?? supersedeAt) : null,
    })
    .where('thumbprint', '=', predecessor.thumbprint)
    .execute()
  if (isActive && app.certificate.overlapMinutes === 0) {
    await endCertificate(store, {
      certificate: predecessor,
      status: 'superseded',
      reason: 'renewed',
      actor: 'authority',
      now,
    })
  }
}

/** What new evidence leaves behind takes the place of what was there. @returns false where it was overtaken */
async function recordEvidence(
  store: Kysely<Tables>,
  { device, admission: { standing }, appraisal, registered, now }: NewRenewal,
): Promise<boolean> {
  if (standing === null || appraisal === undefined) return true
  if (!(await replaceStanding(store, device.id, standing, { registered, now }))) return false
  if (device.appraisal_id !== null) await supersedeAppraisal(store, device.appraisal_id)
  await recordAppraisal(store, appraisal, device.id)
  return true
}

async function updateDevice(
  store: Kysely<Tables>,
  { device, admission, appraisal }: NewRenewal,
  certificate: CertificateRow,
): Promise<DeviceRow> {
  const renewed = {
    assurance: admission.assurance,
    platform: admission.platform,
    app_version: admission.appVersion,
    model: admission.model,
    os_version: admission.osVersion,
    os_patch_level: admission.osPatchLevel,
    proven_facts: JSON.stringify(admission.provenFacts),
    batch: admission.batch,
    evidence_format: admission.evidenceFormat,
    appraised_at: admission.appraisedAt,
    appraisal_id: admission.standing?.appraisalId ?? device.appraisal_id,
    shadow: appraisal === undefined ? device.shadow : shadowText(admission.shadow),
    expires_at: Math.max(device.expires_at, certificate.not_after),
  }
  await store.updateTable('devices').set(renewed).where('id', '=', device.id).execute()
  return { ...device, ...renewed }
}

/** One challenge makes one certificate: a second renewal under it, of another certificate, is refused. */
async function refuseUsed(store: Kysely<Tables>, { challenge, request }: Renewal): Promise<void> {
  if (challenge === undefined) return
  const used = await usedChallenge(store, challenge, request.spkiSha256)
  if (used === undefined) return
  throw new Problem('challenge_used', {
    expected: 'a challenge for each renewal',
    found: `one that certificate ${used.thumbprint} was issued under`,
  })
}
