import { parseCertificate } from '@sallyport/pki'
import { isProblem, Problem } from '@sallyport/problem'
import { toBase64url } from '@sallyport/wire'
import type { Kysely } from 'kysely'
import { appendAudit } from '../../audit/audit-log.ts'
import { changed, made } from '../../audit/change.ts'
import type { Authority } from '../../authority.ts'
import { appOf } from '../../config/app-of.ts'
import type { KeyRequest } from '../../enrollment/key-request.ts'
import { addressesFor, fullList } from '../../published/published-addresses.ts'
import { namedReason, publishCertificate } from '../../published/record-revocation.ts'
import { bytesOf } from '../../signer/bytes.ts'
import type { AcmeOrderRow, ServiceCertificateRow, Tables } from '../../store/tables.ts'
import { completeOrder, countOrder } from './complete-order.ts'
import type { Identifier } from './identifiers.ts'

/**
 * Issues a server's certificate under the service root, and finishes its order in one write. Of two that
 * do so at once, one is kept: the other's was never answered.
 *
 * @throws Problem `acme_order_not_ready`, `issuer_missing` where the key of the service root is elsewhere, those of the signer
 */
export async function issueServiceCertificate(
  authority: Authority,
  order: AcmeOrderRow,
  request: KeyRequest,
): Promise<void> {
  const { config, issuers, signer, store } = authority
  const app = appOf(config.apps, order.app_id)
  const { acme } = app.protocols
  if (acme === undefined) throw new Problem('not_found', { detail: 'The app has no ACME' })
  // Written by us.
  const names = (JSON.parse(order.identifiers) as Identifier[]).map(({ value }) => value)
  const { serviceRoot } = issuers
  const issuerId = serviceRoot.certificate.spkiSha256
  const isPublished = app.certificate.revocation === 'published'
  const shard = isPublished ? fullList : null
  const published = addressesFor(config, { issuerId, shard })
  const answer = await signer
    .serverCertificate({
      root: serviceRoot.reference,
      spki: toBase64url(request.spki),
      names,
      days: acme.serviceCertificateDays,
      ...(published === undefined ? {} : { published }),
    })
    .catch(refuseWithoutKey)
  const certificate = parseCertificate(bytesOf(answer.certificate))
  const { thumbprint } = certificate
  const isNew = await store.write(async (tx) => {
    const current = await tx
      .selectFrom('acme_orders')
      .select(['status', 'spki_sha256'])
      .where('id', '=', order.id)
      .executeTakeFirst()
    if (current?.status === 'valid' && current.spki_sha256 === request.spkiSha256) return false
    const now = authority.now()
    await completeOrder(tx, order, { thumbprint, spkiSha256: request.spkiSha256, now })
    const row: ServiceCertificateRow = {
      thumbprint,
      serial: certificate.serial,
      app_id: order.app_id,
      account_id: order.account_id,
      issuer_id: issuerId,
      names: JSON.stringify(names),
      der: certificate.der,
      issuer_der: serviceRoot.certificate.der,
      spki_sha256: certificate.spkiSha256,
      published: published === undefined ? 0 : 1,
      not_before: certificate.notBefore,
      not_after: certificate.notAfter,
      issued_at: now,
      revoked_at: null,
      reason: null,
    }
    await tx.insertInto('service_certificates').values(row).execute()
    await appendAudit(tx, {
      at: now,
      actor: `acme:${order.account_id}`,
      action: 'service-certificate.issued',
      subject: thumbprint,
      detail: {
        appId: order.app_id,
        order: order.id,
        ...made({ names, serial: certificate.serial }),
      },
    })
    return true
  })
  if (isNew) countOrder(authority, 'service')
}

/** The service root may lie offline: the order stays ready, and its client is asked to come again. */
function refuseWithoutKey(error: unknown): never {
  if (!isProblem(error) || error.code !== 'key_missing') throw error
  const detail = 'The key of the service root is not here'
  throw new Problem('issuer_missing', { detail, cause: error })
}

/** How a server's certificate ends: `reason` is the name of one of X.509, or words for the audit log. */
type ServiceRevocation = {
  readonly certificate: ServiceCertificateRow
  readonly reason: string | undefined
  readonly actor: string
  readonly now: number
}

/**
 * Revokes a server's certificate, and publishes it where its addresses say so.
 *
 * @throws Problem `acme_already_revoked`
 */
export async function revokeServiceCertificate(
  store: Kysely<Tables>,
  { certificate, reason = 'unspecified', actor, now }: ServiceRevocation,
): Promise<ServiceCertificateRow> {
  const { thumbprint, serial, issuer_id, not_after } = certificate
  const changes = { revoked_at: now, reason: namedReason(reason) }
  const { numUpdatedRows } = await store
    .updateTable('service_certificates')
    .set(changes)
    .where('thumbprint', '=', thumbprint)
    .where('revoked_at', 'is', null)
    .executeTakeFirst()
  if (numUpdatedRows !== 1n) {
    throw new Problem('acme_already_revoked', { expected: 'a certificate', found: 'revoked' })
  }
  const shard = certificate.published === 1 ? fullList : null
  const published = { serial, issuer_id, shard, not_after }
  await publishCertificate(store, published, { status: 'revoked', reason, now })
  await appendAudit(store, {
    at: now,
    actor,
    action: 'service-certificate.revoked',
    subject: thumbprint,
    detail: {
      appId: certificate.app_id,
      serial,
      reason,
      ...changed({ revokedAt: null }, { revokedAt: now }),
    },
  })
  return { ...certificate, ...changes }
}

/** A server's certificate by its thumbprint. */
export function findServiceCertificate(
  store: Kysely<Tables>,
  thumbprint: string,
): Promise<ServiceCertificateRow | undefined> {
  return store
    .selectFrom('service_certificates')
    .selectAll()
    .where('thumbprint', '=', thumbprint)
    .executeTakeFirst()
}
