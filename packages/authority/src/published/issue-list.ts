import { backdateMs } from '@sallyport/pki'
import type { Kysely } from 'kysely'
import type { Authority } from '../authority.ts'
import type { RevocationScopeRow, Tables } from '../store/tables.ts'
import { readEntries } from './list-entries.ts'
import { type ListIssuer, readListIssuers } from './list-issuers.ts'
import { fullList, type ListName } from './published-addresses.ts'
import { addressesOf } from './revocation-scopes.ts'

/** What a list is issued with. */
type Order = {
  readonly scope: RevocationScopeRow
  /** When the list before it was issued; undefined where it is the first. */
  readonly before: number | undefined
  readonly issuer: ListIssuer
}

/**
 * Issues a list: takes a number, reads what is on it, has it signed, and puts it in the place of the one
 * before. Of two that are issued at once the greater number stays, and it never says less than the other.
 *
 * @returns whether it is published now; false where another one was quicker
 * @throws what the signer throws; Problem `store_unavailable`: the list before it then goes on
 */
export async function issueList(
  authority: Pick<Authority, 'store' | 'now' | 'config' | 'signer'>,
  name: ListName,
): Promise<boolean> {
  const { store, signer, config } = authority
  const now = Math.floor(authority.now())
  const order = await store.write((tx) => takeNumber(tx, name, now))
  if (order === undefined) return false
  const { scope, before, issuer } = order
  // RFC 5280 §3.3: what expired since the list before it is on one more list.
  const notExpiredAt = Math.min(before ?? now, now)
  const { encoded, entries } = await readEntries(store.read, name, { issuer, notExpiredAt })
  const listHours = config.authority.status?.listHours ?? defaultListHours
  const nextUpdate = Math.min(now + Math.floor(listHours * 3_600_000), issuer.certificate.notAfter)
  const sign = issuer.appId === undefined ? signer.rootRevocationList : signer.revocationList
  const { list } = await sign({
    issuer: issuer.reference,
    number: scope.last_number,
    thisUpdate: now - backdateMs,
    nextUpdate,
    entries: encoded.toString('base64url'),
    // The full list is of all: no certificate names its address, and none needs to.
    ...(name.shard === fullList
      ? {}
      : { scope: { addresses: addressesOf(scope), onlyUserCertificates: true } }),
  })
  return store.write((tx) =>
    keepList(tx, {
      issuer_id: name.issuerId,
      shard: name.shard,
      number: scope.last_number,
      through_changes: scope.changes,
      this_update: now,
      next_update: nextUpdate,
      entries,
      addresses: scope.addresses,
      der: Buffer.from(list, 'base64url'),
    }),
  )
}

/** Lists go on where the configuration names no status any more, while their certificates last. */
const defaultListHours = 72

/**
 * The next number of a list: the time, in milliseconds, unless that was given out. So the numbers go on
 * growing also where a backup of the store was restored.
 */
async function takeNumber(
  store: Kysely<Tables>,
  { issuerId, shard }: ListName,
  now: number,
): Promise<Order | undefined> {
  const scope = await store
    .selectFrom('revocation_scopes')
    .selectAll()
    .where('issuer_id', '=', issuerId)
    .where('shard', '=', shard)
    .executeTakeFirst()
  const issuer = (await readListIssuers(store)).find(({ id }) => id === issuerId)
  if (scope === undefined || issuer === undefined) return undefined
  const list = await store
    .selectFrom('revocation_lists')
    .select('this_update')
    .where('issuer_id', '=', issuerId)
    .where('shard', '=', shard)
    .executeTakeFirst()
  const last_number = Math.max(scope.last_number + 1, now)
  await store
    .updateTable('revocation_scopes')
    .set({ last_number })
    .where('issuer_id', '=', issuerId)
    .where('shard', '=', shard)
    .execute()
  return { scope: { ...scope, last_number }, before: list?.this_update, issuer }
}

/** Publishes a list, but not in the place of one with a greater number, or of one that knew more. */
export async function keepList(
  store: Kysely<Tables>,
  list: Tables['revocation_lists'],
): Promise<boolean> {
  const { issuer_id, shard, ...contents } = list
  const kept = await store
    .selectFrom('revocation_lists')
    .select(['number', 'through_changes'])
    .where('issuer_id', '=', issuer_id)
    .where('shard', '=', shard)
    .executeTakeFirst()
  if (kept === undefined) {
    await store.insertInto('revocation_lists').values(list).execute()
    return true
  }
  if (kept.number > list.number || kept.through_changes > list.through_changes) return false
  await store
    .updateTable('revocation_lists')
    .set(contents)
    .where('issuer_id', '=', issuer_id)
    .where('shard', '=', shard)
    .execute()
  return true
}
