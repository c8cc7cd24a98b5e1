import { DeleteResult, type Kysely, type RawBuilder, sql } from 'kysely'
import type { Authority } from '../authority.ts'
import { toldAfterEndMs } from '../feed/pack-status.ts'
import type { Tables } from './tables.ts'

const dayMs = 24 * 3_600_000
const maxForgottenPerRound = 5_000
/** How long decisions, handshakes and changes of the feed are kept. */
const keepMs = 30 * dayMs
/** And how many of them at most, of each. */
const maxRecords = 1_000_000
/** How long appraisals count in reports. Those that a device rests on are kept as long as it is. */
const keepAppraisalsMs = 90 * dayMs
/** History is small; what was refused keeps its checks. */
const maxAppraisals = { history: 1_000_000, refused: 100_000 } as const

/** Forgets at most `maxForgottenPerRound` rows, so that no other write waits long, and says how many. */
type Forget = (store: Kysely<Tables>, now: number) => Promise<DeleteResult>

/** A table, and the time of its rows: milliseconds. */
type Timed = {
  [T in keyof Tables]: {
    readonly table: T
    readonly key: keyof Tables[T] & string
    readonly time: keyof Tables[T] & string
  }
}[keyof Tables]

/** Rows that are forgotten so long after their time. */
const lapsing: readonly (Timed & { readonly keptMs: number })[] = [
  { table: 'challenges_used', key: 'challenge', time: 'keep_until', keptMs: 0 },
  { table: 'acme_nonces', key: 'nonce', time: 'keep_until', keptMs: 0 },
  { table: 'acme_orders', key: 'id', time: 'keep_until', keptMs: 0 },
  { table: 'acme_authorizations', key: 'id', time: 'keep_until', keptMs: 0 },
  { table: 'acme_accounts', key: 'id', time: 'keep_until', keptMs: 0 },
  { table: 'service_certificates', key: 'thumbprint', time: 'not_after', keptMs: keepMs },
  { table: 'decisions', key: 'request_id', time: 'at', keptMs: keepMs },
  { table: 'handshakes', key: 'id', time: 'at', keptMs: keepMs },
  // What no token can be in date for any more:
  { table: 'invalidations', key: 'seq', time: 'until', keptMs: toldAfterEndMs },
  { table: 'used_id_tokens', key: 'key', time: 'keep_until', keptMs: 0 },
  { table: 'proposals', key: 'id', time: 'expires_at', keptMs: keepMs },
  { table: 'used_logout_tokens', key: 'key', time: 'keep_until', keptMs: 0 },
  { table: 'exchanged_sessions', key: 'key', time: 'keep_until', keptMs: 0 },
]

/** Tables that keep their newest `maxRecords` rows. */
const bounded: readonly Timed[] = [
  { table: 'decisions', key: 'request_id', time: 'at' },
  { table: 'handshakes', key: 'id', time: 'at' },
]

/** What is forgotten. */
const forgotten: readonly Forget[] = [
  ...lapsing.map(
    ({ keptMs, ...timed }): Forget =>
      (store, now) =>
        forgetRows(store, timed, sql`where ${sql.ref(timed.time)} < ${now - keptMs}`),
  ),
  ...bounded.map(
    (timed): Forget =>
      (store) =>
        forgetRows(store, timed, sql`order by ${sql.ref(timed.time)} desc`, maxRecords),
  ),
  (store, now) =>
    store
      .deleteFrom('shadow_counts')
      .where('hour', 'in', (rows) =>
        rows
          .selectFrom('shadow_counts')
          .select('hour')
          .where('hour', '<', now - keepMs)
          .orderBy('hour')
          .limit(1),
      )
      .executeTakeFirst(),
  (store, now) =>
    store
      .deleteFrom('broken_glass')
      .where('at', '<', now - keepMs)
      .executeTakeFirst(),
  (store, now) => forgetAppraisals(store, 'history', now),
  (store, now) => forgetAppraisals(store, 'refused', now),
  forgetChanges,
  (store) =>
    store
      .deleteFrom('receipts')
      .where('seq', '<', (rows) =>
        rows.selectFrom('changes').select((column) => column.fn.min('seq').as('seq')),
      )
      .executeTakeFirst(),
]

/** Forgets all that is due, in rounds between which other writes find their turn. */
export async function forgetOld({ store, now }: Pick<Authority, 'store' | 'now'>): Promise<void> {
  for (const forget of forgotten) {
    for (;;) {
      const { numDeletedRows } = await store.write((tx) => forget(tx, now()))
      if (numDeletedRows < maxForgottenPerRound) break
    }
  }
}

async function forgetRows(
  store: Kysely<Tables>,
  { table, key }: Timed,
  which: RawBuilder<unknown>,
  offset = 0,
): Promise<DeleteResult> {
  const [from, id] = [sql.table(table), sql.ref(key)]
  const { numAffectedRows } = await sql`delete from ${from} where ${id} in
    (select ${id} from ${from} ${which} limit ${maxForgottenPerRound} offset ${offset})`.execute(
    store,
  )
  return new DeleteResult(numAffectedRows ?? 0n)
}

/** Those beyond the newest so many, or older than all that is reported on. */
async function forgetAppraisals(
  store: Kysely<Tables>,
  retention: keyof typeof maxAppraisals,
  now: number,
): Promise<DeleteResult> {
  const newest = await store
    .selectFrom('appraisals')
    .select('at')
    .where('retention', '=', retention)
    .orderBy('at', 'desc')
    .limit(1)
    .offset(maxAppraisals[retention])
    .executeTakeFirst()
  const before = Math.max(now - keepAppraisalsMs, newest === undefined ? 0 : newest.at + 1)
  return store
    .deleteFrom('appraisals')
    .where('id', 'in', (rows) =>
      rows
        .selectFrom('appraisals')
        .select('id')
        .where('retention', '=', retention)
        .where('at', '<', before)
        .limit(maxForgottenPerRound),
    )
    .executeTakeFirst()
}

/**
 * From the oldest on, up to the first that is kept, so that what is kept has no gap: a clock that was
 * set back leaves numbers whose times are out of order.
 */
async function forgetChanges(store: Kysely<Tables>, now: number): Promise<DeleteResult> {
  const kept = await store
    .selectFrom('changes')
    .select('seq')
    .where('at', '>=', now - keepMs)
    .orderBy('seq')
    .limit(1)
    .executeTakeFirst()
  return store
    .deleteFrom('changes')
    .where('seq', 'in', (rows) =>
      rows
        .selectFrom('changes')
        .select('seq')
        .where('seq', '<', kept?.seq ?? Number.MAX_SAFE_INTEGER)
        .orderBy('seq')
        .limit(maxForgottenPerRound),
    )
    .executeTakeFirst()
}
