import { type Certificate, parseCertificate } from '@sallyport/pki'
import { Problem } from '@sallyport/problem'
import { toBase64url } from '@sallyport/wire'
import type { Kysely } from 'kysely'
import type { Authority } from '../authority.ts'
import { appOf } from '../config/app-of.ts'
import { tellIssued } from '../feed/issued-list.ts'
import type { Admission } from '../enrollment/admission.ts'
import { addressesFor, shardFor } from '../published/published-addresses.ts'
import { bytesOf } from '../signer/bytes.ts'
import type { CertificateRow, Tables } from '../store/tables.ts'

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

export type SignedCertificate = {
  certificate: Certificate
  issuerId: string
  trustDomain: string
  /** The list that it would be on; null where its status is not published. */
  shard: number | null
}

/**
 * Signs a device's certificate. Nothing is kept of it until `recordCertificate`.
 *
 * @throws Problem `evidence_development_refused` where the app takes development devices no more;
 *   `issuer_missing`, and those of the signer
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
  const ca = authority.issuers.issuing(appId, admission.kind, admission.lane)
  const shard = shardFor(authority.config, app)
  const published = addressesFor(authority.config, { issuerId: ca.id, shard })
  const answer = await authority.signer.deviceCertificate({
    issuer: ca.reference,
    spki: toBase64url(order.spki),
    deviceId: order.deviceId,
    assurance: admission.assurance,
    facts: {
      platform: admission.platform,
      appVersion: admission.appVersion,
      ...(admission.osPatchLevel === null ? {} : { osPatchLevel: admission.osPatchLevel }),
      appraisedAt: Math.floor(admission.appraisedAt),
      enrolledAt: Math.floor(order.enrolledAt ?? authority.now()),
    },
    predecessors: order.predecessors,
    ...(published === undefined ? {} : { published }),
  })
  const certificate = parseCertificate(bytesOf(answer.certificate))
  return { certificate, issuerId: ca.id, trustDomain: ca.trustDomain, shard }
}

/**
 * Inserts the row of a certificate, in the transaction that it is answered by.
 *
 * @throws Problem `authority_busy` where gateways were told meanwhile to refuse it, or its CA
 */
export async function recordCertificate(
  store: Kysely<Tables>,
  signed: SignedCertificate,
  facts: { deviceId: string; appId: string; predecessor: string | null; now: number },
): Promise<CertificateRow> {
  const { certificate, issuerId, shard } = signed
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
    shard,
  }
  await refuseUnbelieved(store, row)
  await store.insertInto('certificates').values(row).execute()
  await tellIssued(store, row, facts.now)
  return row
}

/** Nobody is given a certificate that no gateway believes: whoever asks again has one by the CA that issues by then. */
async function refuseUnbelieved(
  store: Kysely<Tables>,
  { issuer_id, thumbprint }: CertificateRow,
): Promise<void> {
  const believed = await store
    .selectFrom('issuers')
    .leftJoin('unconfirmed_status as refused', (join) =>
      join
        .on('refused.kind', '=', 'certificate')
        .on('refused.key', '=', thumbprint)
        .on('refused.decision', '=', 'kept'),
    )
    .select('issuers.id')
    .where('issuers.id', '=', issuer_id)
    .where('issuers.status', '!=', 'revoked')
    .where('refused.key', 'is', null)
    .executeTakeFirst()
  if (believed !== undefined) return
  throw new Problem('authority_busy', {
    expected: 'a certificate, and its CA, that gateways believe',
    found: `${thumbprint} of ${issuer_id}, which was refused or withdrawn while it was signed`,
    retryAfterSeconds: 2,
  })
}
