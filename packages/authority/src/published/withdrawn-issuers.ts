import { isIssuedBy } from '@sallyport/pki'
import type { Kysely } from 'kysely'
import type { Tables } from '../store/tables.ts'
import { type ListIssuer, readListIssuers } from './list-issuers.ts'
import { fullList } from './published-addresses.ts'

/**
 * Publishes that issuing CAs were withdrawn, in the write that withdraws them, or later where their app
 * began to publish since: each is on the list of its root from now on, and its own lists are of everything
 * that it issued.
 */
export async function publishWithdrawn(store: Kysely<Tables>, now: number): Promise<void> {
  for (const { issuer, root } of await findUntold(store)) {
    await store
      .insertInto('revocations')
      .values({
        serial: issuer.certificate.serial,
        // Of a root that is no more, nobody signs a list.
        issuer_id: root?.id ?? issuer.id,
        shard: fullList,
        not_after: issuer.certificate.notAfter,
        revoked_at: now,
        reason: 'cACompromise',
      })
      .execute()
    await store
      .updateTable('revocation_scopes')
      .set((row) => ({ changes: row('changes', '+', 1) }))
      .where('issuer_id', 'in', [issuer.id, ...(root === undefined ? [] : [root.id])])
      .execute()
  }
}

/** Whether there are withdrawn CAs that nobody published yet. */
export async function hasWithdrawn(store: Kysely<Tables>): Promise<boolean> {
  return (await findUntold(store)).length > 0
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

/** Withdrawn CAs that are on no list, and their roots. */
async function findUntold(
  store: Kysely<Tables>,
): Promise<{ issuer: ListIssuer; root: ListIssuer | undefined }[]> {
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
  return withdrawn
    .filter(({ certificate }) => !serials.has(certificate.serial))
    .map((issuer) => ({
      issuer,
      root: issuers.find(
        ({ appId, certificate }) =>
          appId === undefined && isIssuedBy(issuer.certificate, certificate),
      ),
    }))
}
