import type { Snapshot, StatusEntry } from '@sallyport/wire'
import type { Kysely } from 'kysely'
import { trustedIssuer } from '../issuers/trusted-issuer.ts'
import type { Tables } from '../store/tables.ts'
import { feedHead } from './append-change.ts'

/**
 * Everything that a gateway needs to decide, as of one sequence number: the certificates and devices
 * that are not active and could still be presented. One read transaction, so that the number fits.
 */
export async function readSnapshot(
  read: Kysely<Tables>,
  epoch: string,
  now: number,
): Promise<Snapshot> {
  return read.transaction().execute(async (store) => {
    const seq = await feedHead(store)
    const issuers = await store
      .selectFrom('issuers')
      .selectAll()
      .where('status', '=', 'active')
      .where('not_after', '>', now)
      .execute()
    const certificates = await store
      .selectFrom('certificates')
      .select(['thumbprint as key', 'status', 'not_after as until'])
      .where('status', 'in', ['superseded', 'revoked'])
      .where('not_after', '>', now)
      .execute()
    const devices: StatusEntry[] = await store
      .selectFrom('devices')
      .select(['id as key', 'status', 'expires_at as until'])
      .where('status', 'in', ['suspended', 'revoked', 'superseded'])
      .where('expires_at', '>', now)
      .execute()
    return { epoch, seq, at: now, issuers: issuers.map(trustedIssuer), certificates, devices }
  })
}
