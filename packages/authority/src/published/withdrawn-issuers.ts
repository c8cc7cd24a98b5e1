import { isIssuedBy } from '@sallyport/pki'
import type { Kysely } from 'kysely'
import type { RevocationRow, Tables } from '../store/tables.ts'
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
  issuer: ListIssuer,
): Promise<number | undefined> {
  if (issuer.status !== 'revoked') return undefined
  const [rows, issuers] = [await rowsOf(store, [issuer]), await readListIssuers(store)]
  // Where nobody told yet: from its beginning.
  return rowOf(issuer, rows, issuers)?.revoked_at ?? issuer.certificate.notBefore
}

/** Withdrawn CAs that are on no list, and their roots. */
async function findUntold(
  store: Kysely<Tables>,
): Promise<{ issuer: ListIssuer; root: ListIssuer | undefined }[]> {
  const issuers = await readListIssuers(store)
  const withdrawn = issuers.filter(({ status }) => status === 'revoked')
  if (withdrawn.length === 0) return []
  const rows = await rowsOf(store, withdrawn)
  return withdrawn
    .filter((issuer) => rowOf(issuer, rows, issuers) === undefined)
    .map((issuer) => ({ issuer, root: rootOf(issuer, issuers) }))
}

function rootOf(
  { certificate }: ListIssuer,
  issuers: readonly ListIssuer[],
): ListIssuer | undefined {
  return issuers.find((one) => one.appId === undefined && isIssuedBy(certificate, one.certificate))
}

type Told = Pick<RevocationRow, 'serial' | 'issuer_id' | 'not_after' | 'revoked_at'>

function rowsOf(store: Kysely<Tables>, issuers: readonly ListIssuer[]): Promise<Told[]> {
  const serials = issuers.map(({ certificate }) => certificate.serial)
  return store
    .selectFrom('revocations')
    .select(['serial', 'issuer_id', 'not_after', 'revoked_at'])
    .where('serial', 'in', serials)
    .execute()
}

/**
 * The row that tells of a CA. Roots that we did not make count their serial numbers as they like, so that it is of
 * its root and no other; where that was replaced since, of one that is no CA of now.
 */
function rowOf(
  issuer: ListIssuer,
  rows: readonly Told[],
  issuers: readonly ListIssuer[],
): Told | undefined {
  const { serial, notAfter } = issuer.certificate
  const root = rootOf(issuer, issuers)
  const isOfIt = ({ issuer_id: id }: Told) =>
    root === undefined
      ? id === issuer.id || !issuers.some((other) => other.id === id)
      : id === root.id
  return rows.find((row) => row.serial === serial && row.not_after === notAfter && isOfIt(row))
}
