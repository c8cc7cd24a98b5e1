import { Problem } from '@sallyport/problem'
import type { Kysely } from 'kysely'
import { appendAudit } from '../audit/audit-log.ts'
import { changed, type Facts } from '../audit/change.ts'
import type { Caller } from '../authority.ts'
import type { AppConfig } from '../config/app-config.ts'
import type { AuthenticatedDevice } from '../devices/authenticate-device.ts'
import { endCertificate } from '../devices/certificate-status.ts'
import { refuseHeldKey } from '../enrollment/held-key.ts'
import { recordCertificate, type SignedCertificate } from '../issuance/sign-certificate.ts'
import type { CertificateRow, DeviceRow, Tables } from '../store/tables.ts'
import type { SuccessorPlace } from './succeed-certificate.ts'

const minuteMs = 60_000
const dayMs = 1_440 * minuteMs
/** More is no device at work: each is a row for ever. */
const maxCertificatesPerDay = 100

/** A certificate that was signed, to be written as the successor of another. */
export type Successor = SuccessorPlace & {
  app: AppConfig
  signed: SignedCertificate
  caller: Caller
}

/**
 * Refuses a successor whose device has too many, or whose key is another device's: before it is signed, for the signer
 * counts what it signs and writes it down, and in the write, which alone is sure.
 *
 * @param issued how many certificates the device was issued of late: see `issuedOfLate`
 * @throws Problem `renewal_too_often`, those of `refuseHeldKey`
 */
export async function refuseSuccessor(
  store: Kysely<Tables>,
  { device, issued }: Pick<Successor, 'device'> & { issued: number },
  { spkiSha256, appAttestKeyId }: { spkiSha256: string; appAttestKeyId: string | undefined },
): Promise<void> {
  refuseTooManyCertificates(issued)
  await refuseHeldKey(store, { appId: device.app_id, spkiSha256, appAttestKeyId }, device.id)
}

/** How many certificates a device was issued within a day. */
export async function issuedOfLate(
  store: Kysely<Tables>,
  deviceId: string,
  now: number,
): Promise<number> {
  const { issued } = await store
    .selectFrom('certificates')
    .select((column) => column.fn.countAll<number>().as('issued'))
    .where('device_id', '=', deviceId)
    .where('issued_at', '>', now - dayMs)
    .executeTakeFirstOrThrow()
  return Number(issued)
}

/**
 * Writes a successor: the certificate, its place in the lineage, the device and the audit log.
 *
 * @param changes what it changes of the device, beside how long that is known
 * @param detail what else the audit log says
 */
export async function recordSuccessor(
  store: Kysely<Tables>,
  { app, signed, predecessor, device, replaced, caller, now }: Successor,
  { changes, detail }: { changes: Partial<DeviceRow>; detail: Facts },
): Promise<AuthenticatedDevice> {
  const { id: deviceId, app_id: appId } = device
  if (replaced?.status === 'active') {
    const reason = 'replaced before it was used'
    const status = 'superseded'
    await endCertificate(store, { certificate: replaced, status, reason, actor: 'authority', now })
  }
  const lineage = { deviceId, appId, predecessor: predecessor.thumbprint, now }
  const certificate = await recordCertificate(store, signed, lineage)
  await linkPredecessor(store, predecessor, certificate, app, now)
  const expires_at = Math.max(device.expires_at, certificate.not_after)
  const renewed = { ...changes, expires_at }
  await store.updateTable('devices').set(renewed).where('id', '=', deviceId).execute()
  await appendAudit(store, {
    at: now,
    actor: `device:${deviceId}`,
    action: 'certificate.renewed',
    subject: deviceId,
    detail: {
      appId,
      replaced: replaced?.thumbprint ?? null,
      sameKey: certificate.spki_sha256 === predecessor.spki_sha256,
      ...detail,
      requestId: caller.requestId,
      ...changed(
        standingOf(predecessor, device),
        standingOf(certificate, { ...device, ...renewed }),
      ),
    },
  })
  return { certificate, device: { ...device, ...renewed } }
}

/** What a renewal changes, for the audit log. */
function standingOf({ thumbprint, serial }: CertificateRow, device: DeviceRow) {
  const { assurance, appraisal_id: appraisalId } = device
  return { thumbprint, serial, assurance, appraisalId }
}

function refuseTooManyCertificates(issued: number): void {
  if (issued < maxCertificatesPerDay) return
  throw new Problem('renewal_too_often', {
    expected: `fewer than ${maxCertificatesPerDay} certificates a day`,
    found: String(issued),
    retryAfterSeconds: 3_600,
  })
}

/** The predecessor goes on for the overlap of its app, so that calls in flight end well. */
async function linkPredecessor(
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
