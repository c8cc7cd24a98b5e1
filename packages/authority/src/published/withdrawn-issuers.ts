import type { Kysely } from 'kysely'
import type { Authority } from '../authority.ts'
import type { Tables } from '../store/tables.ts'
import { type ListIssuer, readListIssuers } from './list-issuers.ts'
import { fullList } from './published-addresses.ts'

/**
 * Publishes that issuing CAs were withdrawn: each is on the list of its root from now on, and its own
 * lists are of everything that it issued.
 */
export async function publishWithdrawn({ store, now }: Pick<Authority, 'store' | 'now'>) {
  const untold = await findUntold(store.read)
  if (untold.length === 0) return
  await store.write(async (tx) => {
    for (const { issuer, root } of await findUntold(tx)) {
      await tx
        .insertInto('revocations')
        .values({
          serial: issuer.certificate.serial,
          issuer_id: root.id,
          shard: fullList,
          not_after: issuer.certificate.notAfter,
          revoked_at: now(),
          reason: 'cACompromise',
        })
        .execute()
      await tx
        .updateTable('revocation_scopes')
        .set((row) => ({ changes: row('changes', '+', 1) }))
        .where('issuer_id', 'in', [issuer.id, root.id])
        .execute()
    }
  })
}

/** When a CA was withdrawn, milliseconds; undefined where it was not. */
export async function findWithdrawn(
  store: Kysely<Tables>,
  { status, certificate }: Pick<ListIssuer, 'status' | 'certificate'>,
): Promise<number | undefined> {
  if (status !== 'revoked') return undefined
  const row = await store
    .selectFrom('revocations')
    .select('revoked_at')
    .where('serial', '=', certificate.serial)
    .executeTakeFirst()
  // Where nobody told yet: from its beginning.
  return row?.revoked_at ?? certificate.notBefore
}

/** Withdrawn CAs that have lists, and are not on that of their root. */
async function findUntold(
  store: Kysely<Tables>,
): Promise<{ issuer: ListIssuer; root: ListIssuer }[]> {
  const issuers = await readListIssuers(store)
  const withdrawn = issuers.filter(({ status }) => status === 'revoked')
  if (withdrawn.length === 0) return []
  const told = await store
    .selectFrom('revocations')
    .select('serial')
    .where(
      'serial',
      'in',
      withdrawn.map(({ certificate }) => certificate.serial),
    )
    .execute()
  const serials = new Set(told.map(({ serial }) => serial))
  return withdrawn.flatMap((issuer) => {
    const root = issuers.find(({ appId, root }) => appId === undefined && root === issuer.root)
    const isTold = serials.has(issuer.certificate.serial)
    return root === undefined || isTold ? [] : [{ issuer, root }]
  })
}
