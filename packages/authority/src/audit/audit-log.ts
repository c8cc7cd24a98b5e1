import { createHash } from 'node:crypto'
import { Problem } from '@sallyport/problem'
import type { Kysely } from 'kysely'
import type { PersonalValueRow, Tables } from '../store/tables.ts'
import type { AuditAction } from './audit-actions.ts'
import { canonicalJson } from './canonical-json.ts'
import type { AuditChange, Facts } from './change.ts'
import { chainOf, defaultChain, headName } from './chain.ts'
import { type OpenedParts, sealAgain } from './opened-row.ts'
import { type Personal, personalActor } from './personal.ts'
import { seal, type SealedParts } from './seal.ts'

export type AuditEvent = {
  at: number
  /**
   * Who: `device:<id>`, `admin:<token id>`, `gateway:<name>`, `authority`; an address or somebody in person,
   * which becomes a personal value without being said to be one.
   */
  actor: string
  /** What, as `<thing>.<verb>`: `device.enrolled`, `certificate.renewed`. */
  action: AuditAction
  /** To what: an id. */
  subject: string | Personal
  /**
   * What changed, and what is to be known with it: small, and no secrets; `appId` where it is of an app.
   * Whatever a person may want forgotten stands in it by `personal(kind, value)`.
   */
  detail: AuditChange & Facts
}

/**
 * One row of the log, as it is read. Each row's hash covers the row as it is kept, with commitments in the place
 * of personal values, and the hash before it, in the chain of its authority.
 */
export type AuditRow = RowOfChain & OpenedParts
/** As it is kept. */
type SealedRow = RowOfChain & SealedParts

type RowOfChain = {
  at: number
  /** What, as `<thing>.<verb>`. */
  action: string
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
  const personal: PersonalValueRow[] = []
  const rows = events.map(({ at, action, actor, subject, detail }) => {
    const told = { actor: personalActor(actor), subject, detail }
    const { sealed, values } = seal(told, { chain, seq: ++seq, at })
    personal.push(...values)
    const unhashed = { ...sealed, at, action, chain, seq, previous: hash }
    hash = hashOf(unhashed)
    return { ...unhashed, detail: canonicalJson(sealed.detail), hash }
  })
  await store.insertInto('audit').values(rows).execute()
  if (personal.length > 0) await store.insertInto('personal_values').values(personal).execute()
  const isFirst = head === undefined
  if (isFirst) await store.insertInto('heads').values({ name, seq, hash }).execute()
  else await store.updateTable('heads').set({ seq, hash }).where('name', '=', name).execute()
}

/** The hash that a row must have; undefined where a personal value in it is not the one that was written. */
export function auditHash(row: Omit<AuditRow, 'hash'>): string | undefined {
  const sealed = sealAgain(row)
  return sealed === undefined ? undefined : hashOf({ ...row, ...sealed })
}

function hashOf(row: Omit<SealedRow, 'hash'>): string {
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
    if (expected === undefined) throw broken(row, 'values that were committed to', 'another one')
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
