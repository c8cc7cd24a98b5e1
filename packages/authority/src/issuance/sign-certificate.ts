import { backdateMs, type Certificate, issueDeviceCertificate } from '@sallyport/pki'
import { Problem } from '@sallyport/problem'
import type { Kysely } from 'kysely'
import type { Authority } from '../authority.ts'
import { appOf } from '../config/app-of.ts'
import type { Admission } from '../enrollment/admission.ts'
import type { CertificateRow, Tables } from '../store/tables.ts'

const dayMs = 24 * 3_600_000
/** Certificates of development devices are of a day. */
const maxDevelopmentDays = 1

export type CertificateOrder = {
  appId: string
  deviceId: string
  spki: Buffer
  admission: Admission
  /** Thumbprints of unexpired certificates before it, newest first, at most 4. */
  predecessors: string[]
  /** When the device enrolled, milliseconds; undefined where it is doing so. */
  enrolledAt?: number
}

export type SignedCertificate = { certificate: Certificate; issuerId: string }

/**
 * Signs a device's certificate. Nothing is kept of it until `recordCertificate`.
 *
 * @throws Problem `evidence_development_refused` where the app takes development devices no more
 */
export async function signCertificate(
  authority: Authority,
  order: CertificateOrder,
): Promise<SignedCertificate> {
  const { appId, admission } = order
  const app = appOf(authority.config.apps, appId)
  // Also for what was admitted before, and is renewed or was approved since.
  if (admission.kind === 'development' && !app.insecureDevelopmentDevices) {
    throw new Problem('evidence_development_refused', {
      expected: 'an app with insecureDevelopmentDevices',
      found: `${appId}, which has it no more`,
    })
  }
  const { ca, issuer } = authority.issuers.signing(appId, admission.kind)
  const days =
    admission.kind === 'development'
      ? Math.min(app.certificate.lifetimeDays, maxDevelopmentDays)
      : app.certificate.lifetimeDays
  const now = authority.now()
  const certificate = await issueDeviceCertificate({
    issuer,
    spki: order.spki,
    trustDomain: ca.trustDomain,
    appId,
    deviceId: order.deviceId,
    assurance: admission.assurance,
    facts: {
      platform: admission.platform,
      appVersion: admission.appVersion,
      ...(admission.osPatchLevel === null ? {} : { osPatchLevel: admission.osPatchLevel }),
      appraisedAt: admission.appraisedAt,
      enrolledAt: order.enrolledAt ?? now,
    },
    predecessors: order.predecessors,
    notBefore: now - backdateMs,
    notAfter: Math.min(now + days * dayMs, ca.certificate.notAfter),
  })
  return { certificate, issuerId: ca.id }
}

/** Inserts the row of a certificate, in the transaction that it is answered by. */
export async function recordCertificate(
  store: Kysely<Tables>,
  signed: SignedCertificate,
  facts: { deviceId: string; appId: string; predecessor: string | null; now: number },
): Promise<CertificateRow> {
  const { certificate, issuerId } = signed
  const row: CertificateRow = {
    thumbprint: certificate.thumbprint,
    serial: certificate.serial,
    device_id: facts.deviceId,
    app_id: facts.appId,
    issuer_id: issuerId,
    status: 'active',
    der: certificate.der,
    spki_sha256: certificate.spkiSha256,
    predecessor: facts.predecessor,
    successor: null,
    not_before: certificate.notBefore,
    not_after: certificate.notAfter,
    issued_at: facts.now,
    used_at: null,
    supersede_at: null,
    forked_at: null,
  }
  await store.insertInto('certificates').values(row).execute()
  return row
}
