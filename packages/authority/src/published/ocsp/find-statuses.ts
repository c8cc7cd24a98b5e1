import type { OcspStatus } from '@sallyport/pki'
import type { Kysely } from 'kysely'
import type { ServiceCertificateRow, Tables } from '../../store/tables.ts'
import type { ListIssuer } from '../list-issuers.ts'
import { findWithdrawn } from '../withdrawn-issuers.ts'

/**
 * What is known of certificates of a CA, by serial number, as of now. `unknown` are those that it never
 * issued, and those of before its certificates were published, which say that nobody publishes them. Of
 * a CA that was withdrawn everything is revoked (RFC 6960 §2.7), also what somebody else made with its key.
 */
export async function findStatuses(
  store: Kysely<Tables>,
  issuer: ListIssuer,
  serials: readonly string[],
): Promise<(serial: string) => OcspStatus> {
  const withdrawnAt = await findWithdrawn(store, issuer)
  if (withdrawnAt !== undefined) {
    return () => ({ status: 'revoked', revokedAt: withdrawnAt, reason: 'cACompromise' })
  }
  const rows = await (issuer.root === 'service' ? serverRows : deviceRows)(store, issuer, serials)
  const statuses = new Map<string, OcspStatus>(
    rows.map(({ serial, revoked_at: revokedAt, reason }) => [
      serial,
      revokedAt === null
        ? { status: 'good' }
        : { status: 'revoked', revokedAt, reason: reason ?? undefined },
    ]),
  )
  return (serial) => statuses.get(serial) ?? { status: 'unknown' }
}

type FindRows = (
  store: Kysely<Tables>,
  issuer: ListIssuer,
  serials: readonly string[],
) => Promise<Pick<ServiceCertificateRow, 'serial' | 'revoked_at' | 'reason'>[]>

const serverRows: FindRows = (store, issuer, serials) =>
  store
    .selectFrom('service_certificates')
    .select(['serial', 'revoked_at', 'reason'])
    .where('serial', 'in', serials)
    .where('issuer_id', '=', issuer.id)
    .where('published', '=', 1)
    .execute()

const deviceRows: FindRows = (store, issuer, serials) =>
  store
    .selectFrom('certificates')
    .leftJoin('revocations', (join) =>
      join
        .onRef('revocations.issuer_id', '=', 'certificates.issuer_id')
        .onRef('revocations.serial', '=', 'certificates.serial'),
    )
    .select(['certificates.serial', 'revoked_at', 'reason'])
    .where('certificates.serial', 'in', serials)
    .where('certificates.issuer_id', '=', issuer.id)
    .where('certificates.shard', 'is not', null)
    .execute()
