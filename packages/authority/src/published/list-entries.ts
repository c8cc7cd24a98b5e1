import { encodeRevoked, type RevokedCertificate } from '@sallyport/pki'
import type { Kysely } from 'kysely'
import type { Tables } from '../store/tables.ts'
import type { ListIssuer } from './list-issuers.ts'
import { fullList, type ListName } from './published-addresses.ts'
import { findWithdrawn } from './withdrawn-issuers.ts'

/** Rows that are read at once: a few milliseconds of the event loop. */
const rowsPerTurn = 2_000

type EntryRow = { readonly not_after: number; readonly entry: RevokedCertificate }
type After = { readonly not_after: number; readonly serial: string }
type ReadRows = (store: Kysely<Tables>, name: ListName, after: After) => Promise<EntryRow[]>

/**
 * What is on a list, encoded: certificates that ended and were not expired at a time; of a CA that was
 * withdrawn, all that it issued. It is read in turns, between which other work is done; what changes
 * meanwhile is on this list or on the next.
 */
export async function readEntries(
  store: Kysely<Tables>,
  name: ListName,
  { issuer, notExpiredAt }: { issuer: ListIssuer; notExpiredAt: number },
): Promise<{ encoded: Buffer; entries: number }> {
  const withdrawnAt = await findWithdrawn(store, issuer)
  const readRows = withdrawnAt === undefined ? revokedRows : issuedRows(withdrawnAt)
  const portions: Buffer[] = []
  let entries = 0
  for (const shard of await shardsOf(store, name)) {
    let after: After = { not_after: notExpiredAt, serial: '' }
    for (;;) {
      const rows = await readRows(store, { issuerId: name.issuerId, shard }, after)
      const last = rows.at(-1)
      if (last === undefined) break
      portions.push(encodeRevoked(rows.map(({ entry }) => entry)))
      entries += rows.length
      await new Promise(setImmediate)
      if (rows.length < rowsPerTurn) break
      after = { not_after: last.not_after, serial: last.entry.serial }
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
    .orderBy('shard')
    .execute()
  return rows.map((row) => row.shard)
}

/** Certificates that ended, one by one. */
const revokedRows: ReadRows = async (store, { issuerId, shard }, after) => {
  const rows = await store
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
  return rows.map(({ serial, not_after, revoked_at: revokedAt, reason }) => ({
    not_after,
    entry: { serial, revokedAt, ...(reason === null ? {} : { reason }) },
  }))
}

/** All certificates, of a CA that nobody is to believe. */
function issuedRows(withdrawnAt: number): ReadRows {
  return async (store, { issuerId, shard }, after) => {
    const rows = await store
      .selectFrom('certificates')
      .leftJoin('revocations', (join) =>
        join
          .onRef('revocations.issuer_id', '=', 'certificates.issuer_id')
          .onRef('revocations.serial', '=', 'certificates.serial'),
      )
      .select([
        'certificates.serial',
        'certificates.not_after',
        'revocations.revoked_at',
        'revocations.reason',
      ])
      .where('certificates.issuer_id', '=', issuerId)
      .where('certificates.shard', '=', shard)
      // As the index has it, also for planners that do not see it.
      .where('certificates.shard', 'is not', null)
      .where(({ eb, refTuple, tuple }) =>
        eb(
          refTuple('certificates.not_after', 'certificates.serial'),
          '>',
          tuple(after.not_after, after.serial),
        ),
      )
      .orderBy('certificates.not_after')
      .orderBy('certificates.serial')
      .limit(rowsPerTurn)
      .execute()
    return rows.map(({ serial, not_after, revoked_at, reason }) => ({
      not_after,
      entry: {
        serial,
        revokedAt: revoked_at ?? withdrawnAt,
        ...(reason === null ? {} : { reason }),
      },
    }))
  }
}
