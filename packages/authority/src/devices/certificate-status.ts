import { Problem } from '@sallyport/problem'
import type { CertificateStatus } from '@sallyport/wire'
import type { Kysely } from 'kysely'
import { appendAudit } from '../audit/audit-log.ts'
import { changed } from '../audit/change.ts'
import { appendChange, lastChangeOf } from '../feed/append-change.ts'
import { publishCertificate } from '../published/record-revocation.ts'
import type { CertificateRow, Tables } from '../store/tables.ts'

export type CertificateStatusChange = {
  certificate: CertificateRow
  status: Exclude<CertificateStatus, 'active'>
  reason: string
  actor: string
  now: number
}

/**
 * Ends a certificate: its row, the feed and the audit log in one write. One that already has the
 * status is left as it is; a superseded one can still be revoked.
 *
 * @returns the number of the change
 * @throws Problem `status_final`
 */
export async function endCertificate(
  store: Kysely<Tables>,
  { certificate, status, reason, actor, now }: CertificateStatusChange,
): Promise<number> {
  const { thumbprint } = certificate
  if (certificate.status === status) {
    return lastChangeOf(store, { kind: 'certificate', key: thumbprint })
  }
  if (certificate.status === 'revoked') {
    throw new Problem('status_final', { detail: 'The certificate is revoked' })
  }
  await store
    .updateTable('certificates')
    .set({ status, supersede_at: null })
    .where('thumbprint', '=', thumbprint)
    .execute()
  const seq = await appendChange(store, {
    at: now,
    kind: 'certificate',
    key: thumbprint,
    status,
    until: certificate.not_after,
  })
  await publishCertificate(store, certificate, { status, reason, now })
  await appendAudit(store, {
    at: now,
    actor,
    action: `certificate.${status}`,
    subject: thumbprint,
    detail: {
      appId: certificate.app_id,
      deviceId: certificate.device_id,
      reason,
      seq,
      ...changed({ status: certificate.status }, { status }),
    },
  })
  return seq
}

/**
 * A certificate by its thumbprint or its serial number in hexadecimal.
 *
 * @throws Problem `not_found`
 */
export async function findCertificate(
  store: Kysely<Tables>,
  thumbprintOrSerial: string,
): Promise<CertificateRow> {
  const serial = thumbprintOrSerial.toLowerCase().replaceAll(':', '').replace(/^0+/, '')
  const row = await store
    .selectFrom('certificates')
    .selectAll()
    .where((column) =>
      column.or([column('thumbprint', '=', thumbprintOrSerial), column('serial', '=', serial)]),
    )
    .executeTakeFirst()
  if (row === undefined) {
    throw new Problem('not_found', { detail: `No certificate ${thumbprintOrSerial}` })
  }
  return row
}
