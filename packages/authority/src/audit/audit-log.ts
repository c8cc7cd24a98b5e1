import { createHash } from 'node:crypto'
import { Problem } from '@sallyport/problem'
import type { Kysely } from 'kysely'
import type { AuditTableRow, Tables } from '../store/tables.ts'
import { canonicalJson, type Json } from './canonical-json.ts'
import { chainOf, defaultChain, headName } from './chain.ts'

export type AuditEvent = {
  at: number
  /** Who: `device:<id>`, `admin:<token id>`, `gateway:<name>`, `authority`, or an address. */
  actor: string
  /** What, as `<thing>.<verb>`: `device.enrolled`, `certificate.renewed`. */
  action: string
  /** To what: an id. */
  subject: string
  detail: { readonly [member: string]: Json }
}

/** One row of the log. Each row's hash covers the row and the hash before it, in the chain of its authority. */
export type AuditRow = AuditEvent & {
  /** The name of the authority that wrote it. */
  chain: string
  seq: number
  /** Hash of the row before; empty at the first. */
  previous: string
  /**
   * SHA-256, base64url, of the canonical JSON of all other members; without `chain` where it is the default,
   * as in logs from when there was no other.
   */
  hash: string
}

/** Appends an event to the log, in the transaction of what it tells. */
export async function appendAudit(store: Kysely<Tables>, event: AuditEvent): Promise<void> {
  await appendAudits(store, [event])
}

/**
 * Appends several events in their order, as `appendAudit` does one.
 *
 * @param events at least one, and few enough for one statement
 */
export async function appendAudits(
  store: Kysely<Tables>,
  events: readonly AuditEvent[],
): Promise<void> {
  const chain = chainOf(store)
  const name = headName(chain)
  const head = await store
    .selectFrom('heads')
    .select(['seq', 'hash'])
    .where('name', '=', name)
    .executeTakeFirst()
  let { seq, hash } = head ?? { seq: 0, hash: '' }
  const rows = events.map((event) => {
    const unhashed = { ...event, chain, seq: ++seq, previous: hash }
    hash = auditHash(unhashed)
    return { ...unhashed, detail: canonicalJson(event.detail), hash }
  })
  await store.insertInto('audit').values(rows).execute()
  const isFirst = head === undefined
  if (isFirst) await store.insertInto('heads').values({ name, seq, hash }).execute()
  else await store.updateTable('heads').set({ seq, hash }).where('name', '=', name).execute()
}

/** The hash that a row must have. */
export function auditHash(row: Omit<AuditRow, 'hash'>): string {
  const { chain, seq, at, actor, action, subject, detail, previous } = row
  const ofAll = { seq, at, actor, action, subject, detail, previous }
  const text = canonicalJson(chain === defaultChain ? ofAll : { chain, ...ofAll })
  return createHash('sha256').update(text).digest('base64url')
}

export type AuditVerification = {
  /** Rows that were verified. */
  count: number
  /** Sequence number and hash of the last row: kept elsewhere, they also prove that none is missing at the end. */
  seq: number
  hash: string
}

/**
 * Verifies rows of one chain in order: no gap, no changed row. What it cannot see by itself is that
 * rows are missing at the end; compare `seq` and `hash` with ones noted elsewhere for that.
 *
 * @param after where a check that began earlier goes on; without it the rows begin with the first
 * @throws Problem `audit_broken`, naming the row
 */
export function verifyAudit(
  rows: Iterable<AuditRow>,
  after: AuditVerification = { count: 0, seq: 0, hash: '' },
): AuditVerification {
  let { count, seq, hash } = after
  for (const row of rows) {
    if (row.seq !== seq + 1) throw broken(row, `row ${seq + 1}`, `row ${row.seq}`)
    if (row.previous !== hash) throw broken(row, `previous hash ${hash}`, row.previous)
    const expected = auditHash(row)
    if (row.hash !== expected) throw broken(row, `hash ${expected}`, row.hash)
    count++
    seq = row.seq
    hash = row.hash
  }
  return { count, seq, hash }
}

function broken(row: AuditRow, expected: string, found: string): Problem {
  return new Problem('audit_broken', {
    detail: `At row ${row.seq} of ${row.chain}`,
    expected,
    found,
  })
}

/**
 * Rows of a chain after `seq`, oldest first.
 *
 * @throws Problem `audit_broken` where a row holds what was never written
 */
export async function readAudit(
  store: Kysely<Tables>,
  after: number,
  limit: number,
  chain = defaultChain,
): Promise<AuditRow[]> {
  try {
    const rows = await store
      .selectFrom('audit')
      .selectAll()
      .where('chain', '=', chain)
      .where('seq', '>', after)
      .orderBy('seq')
      .limit(limit)
      .execute()
    return rows.map(readRow)
  } catch (cause) {
    // RangeError is what node:sqlite says of an integer beyond 2^53.
    if (!(cause instanceof RangeError || cause instanceof SyntaxError)) throw cause
    throw new Problem('audit_broken', {
      detail: `In the rows after ${after}`,
      expected: 'safe integers, and JSON as it was written',
      found: cause.message,
      cause,
    })
  }
}

/** SQLite keeps any kind of value in any column: what someone else wrote is not believed to be ours. */
export function readRow(row: AuditTableRow): AuditRow {
  if (!Number.isSafeInteger(row.at) || !Number.isSafeInteger(row.seq)) {
    throw new RangeError(`row ${row.seq}, time ${row.at}`)
  }
  return { ...row, detail: JSON.parse(row.detail) as AuditRow['detail'] }
}
