import type { Change, ChangeKind, TrustedIssuer } from '@sallyport/wire'
import type { Kysely } from 'kysely'
import type { ChangeRow, Tables } from '../store/tables.ts'

export type NewChange = {
  at: number
  kind: ChangeKind
  /** Thumbprint of a certificate, id of a device, SHA-256 of an issuer's SubjectPublicKeyInfo; see `Change`. */
  key: string
  status: string
  /** When the row may be forgotten. */
  until?: number
  /** Of subjects and tokens of a device: what was issued at or before it has ended. */
  issuedUntil?: number
  issuer?: TrustedIssuer
}

/**
 * Appends to the feed, in the transaction of what changed. The number is taken from the one row that
 * holds the feed's end, so that numbers have no gap and commit order is their order.
 *
 * @returns the sequence number
 */
export async function appendChange(store: Kysely<Tables>, change: NewChange): Promise<number> {
  return appendChanges(store, [change])
}

/**
 * Appends several changes in their order, as `appendChange` does one.
 *
 * @param changes at least one, and few enough for one statement
 * @returns the sequence number of the first
 */
export async function appendChanges(
  store: Kysely<Tables>,
  changes: readonly NewChange[],
): Promise<number> {
  const { seq: last } = await store
    .updateTable('heads')
    .set((row) => ({ seq: row('seq', '+', changes.length) }))
    .where('name', '=', 'feed')
    .returning('seq')
    .executeTakeFirstOrThrow()
  const first = last - changes.length + 1
  await store
    .insertInto('changes')
    .values(
      changes.map((change, index) => ({
        seq: first + index,
        at: change.at,
        kind: change.kind,
        key: change.key,
        status: change.status,
        until: change.until ?? null,
        issuer: change.issuer === undefined ? null : JSON.stringify(change.issuer),
        issued_until: change.issuedUntil ?? null,
      })),
    )
    .execute()
  return first
}

/** Changes after a sequence number, in order. */
export async function changesAfter(
  store: Kysely<Tables>,
  seq: number,
  limit: number,
): Promise<Change[]> {
  const rows = await store
    .selectFrom('changes')
    .selectAll()
    .where('seq', '>', seq)
    .orderBy('seq')
    .limit(limit)
    .execute()
  return rows.map(toChange)
}

function toChange(row: ChangeRow): Change {
  return {
    seq: row.seq,
    at: row.at,
    kind: row.kind,
    key: row.key,
    status: row.status,
    ...(row.until === null ? {} : { until: row.until }),
    ...(row.issued_until === null ? {} : { issuedUntil: row.issued_until }),
    // Written above, by us.
    ...(row.issuer === null ? {} : { issuer: JSON.parse(row.issuer) as TrustedIssuer }),
  }
}

/** The number of the last change, 0 where there was none. */
export async function feedHead(store: Kysely<Tables>): Promise<number> {
  const { seq } = await store
    .selectFrom('heads')
    .select('seq')
    .where('name', '=', 'feed')
    .executeTakeFirstOrThrow()
  return seq
}

/** The number of the last change of something; the end of the feed where that was forgotten. */
export async function lastChangeOf(
  store: Kysely<Tables>,
  { kind, key }: { kind: ChangeKind; key: string },
): Promise<number> {
  const row = await store
    .selectFrom('changes')
    .select('seq')
    .where('kind', '=', kind)
    .where('key', '=', key)
    .orderBy('seq', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row?.seq ?? feedHead(store)
}
