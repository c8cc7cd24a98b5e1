import { backdateMs, encodeRevoked } from '@sallyport/pki'
import { toBase64url } from '@sallyport/wire'
import type { Kysely } from 'kysely'
import type { Authority } from '../authority.ts'
import type { CaReference } from '../signer/signer.ts'
import type { RevocationScopeRow, Tables } from '../store/tables.ts'
import { fullList, type ListName } from './published-addresses.ts'
import { addressesOf } from './revocation-scopes.ts'

/** Rows that are read at once: a few milliseconds of the event loop. */
const rowsPerTurn = 2_000

/** What a list is issued with. */
type Order = {
  readonly scope: RevocationScopeRow
  /** When the list before it was issued; undefined where it is the first. */
  readonly before: number | undefined
  readonly issuer: CaReference
  /** When its CA ends. */
  readonly issuerEnds: number
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
  const { scope, before, issuer, issuerEnds } = order
  // RFC 5280 §3.3: what expired since the list before it is on one more list.
  const { encoded, entries } = await readEntries(store.read, name, Math.min(before ?? now, now))
  const listHours = config.authority.status?.listHours ?? defaultListHours
  const nextUpdate = Math.min(now + Math.floor(listHours * 3_600_000), issuerEnds)
  const { list } = await signer.revocationList({
    issuer,
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
      through_seq: scope.changed_seq,
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
    .innerJoin('issuers', 'issuers.id', 'revocation_scopes.issuer_id')
    .selectAll('revocation_scopes')
    .select(['issuers.not_after', 'issuers.key_name', 'issuers.certificate'])
    .where('issuer_id', '=', issuerId)
    .where('shard', '=', shard)
    .executeTakeFirst()
  if (scope === undefined) return undefined
  const { not_after: issuerEnds, key_name: keyName, certificate, ...row } = scope
  const list = await store
    .selectFrom('revocation_lists')
    .select('this_update')
    .where('issuer_id', '=', issuerId)
    .where('shard', '=', shard)
    .executeTakeFirst()
  const last_number = Math.max(row.last_number + 1, now)
  await store
    .updateTable('revocation_scopes')
    .set({ last_number })
    .where('issuer_id', '=', issuerId)
    .where('shard', '=', shard)
    .execute()
  const issuer = { keyName, certificate: toBase64url(certificate) }
  return { scope: { ...row, last_number }, before: list?.this_update, issuer, issuerEnds }
}

/**
 * What is on a list, encoded: certificates that ended and were not expired at a time. It is read in
 * turns, between which other work is done; what changes meanwhile is on this list or on the next.
 */
async function readEntries(
  store: Kysely<Tables>,
  name: ListName,
  notExpiredAt: number,
): Promise<{ encoded: Buffer; entries: number }> {
  const portions: Buffer[] = []
  let entries = 0
  for (const shard of await shardsOf(store, name)) {
    let after = { not_after: notExpiredAt, serial: '' }
    for (;;) {
      const rows = await readRows(store, { issuerId: name.issuerId, shard }, after)
      const last = rows.at(-1)
      if (last === undefined) break
      portions.push(
        encodeRevoked(
          rows.map(({ serial, revoked_at, reason }) => ({
            serial,
            revokedAt: revoked_at,
            reason: reason ?? undefined,
          })),
        ),
      )
      entries += rows.length
      await new Promise(setImmediate)
      if (rows.length < rowsPerTurn) break
      after = last
    }
  }
  return { encoded: Buffer.concat(portions), entries }
}

async function shardsOf(
  store: Kysely<Tables>,
  { issuerId, shard }: ListName,
): Promise<readonly number[]> {
  if (shard !== fullList) return [shard]
  const rows = await store
    .selectFrom('revocation_scopes')
    .select('shard')
    .where('issuer_id', '=', issuerId)
    .where('shard', '!=', fullList)
    .orderBy('shard')
    .execute()
  return rows.map((row) => row.shard)
}

function readRows(
  store: Kysely<Tables>,
  { issuerId, shard }: ListName,
  after: { not_after: number; serial: string },
) {
  return store
    .selectFrom('revocations')
    .select(['serial', 'not_after', 'revoked_at', 'reason'])
    .where('issuer_id', '=', issuerId)
    .where('shard', '=', shard)
    .where(({ eb, refTuple, tuple }) =>
      eb(refTuple('not_after', 'serial'), '>', tuple(after.not_after, after.serial)),
    )
    .orderBy('not_after')
    .orderBy('serial')
    .limit(rowsPerTurn)
    .execute()
}

/** Not in the place of one with a greater number, or of one that knew more. */
async function keepList(store: Kysely<Tables>, list: Tables['revocation_lists']): Promise<boolean> {
  const { issuer_id, shard, ...contents } = list
  const kept = await store
    .selectFrom('revocation_lists')
    .select(['number', 'through_seq'])
    .where('issuer_id', '=', issuer_id)
    .where('shard', '=', shard)
    .executeTakeFirst()
  if (kept === undefined) {
    await store.insertInto('revocation_lists').values(list).execute()
    return true
  }
  if (kept.number > list.number || kept.through_seq > list.through_seq) return false
  await store
    .updateTable('revocation_lists')
    .set(contents)
    .where('issuer_id', '=', issuer_id)
    .where('shard', '=', shard)
    .execute()
  return true
}
