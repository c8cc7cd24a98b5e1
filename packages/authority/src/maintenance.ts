import type { DeleteResult, Kysely } from 'kysely'
import type { Authority } from './authority.ts'
import { supersedeDue } from './devices/supersede-due.ts'
import { renewTokenKeys } from './exchange/token-keys.ts'
import { forgetEnded } from './sessions/forget-ended.ts'
import type { Tables } from './store/tables.ts'

const dayMs = 24 * 3_600_000
const supersedeEveryMs = 5_000
const forgetEveryMs = 600_000
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

/** What is forgotten. */
const forgotten: readonly Forget[] = [
  (store, now) =>
    store
      .deleteFrom('challenges_used')
      .where('challenge', 'in', (rows) =>
        rows
          .selectFrom('challenges_used')
          .select('challenge')
          .where('keep_until', '<', now)
          .limit(maxForgottenPerRound),
      )
      .executeTakeFirst(),
  (store, now) =>
    store
      .deleteFrom('decisions')
      .where('request_id', 'in', (rows) =>
        rows
          .selectFrom('decisions')
          .select('request_id')
          .where('at', '<', now - keepMs)
          .limit(maxForgottenPerRound),
      )
      .executeTakeFirst(),
  (store, now) =>
    store
      .deleteFrom('handshakes')
      .where('id', 'in', (rows) =>
        rows
          .selectFrom('handshakes')
          .select('id')
          .where('at', '<', now - keepMs)
          .limit(maxForgottenPerRound),
      )
      .executeTakeFirst(),
  (store) =>
    store
      .deleteFrom('decisions')
      .where('request_id', 'in', (rows) =>
        rows
          .selectFrom('decisions')
          .select('request_id')
          .orderBy('at', 'desc')
          .limit(maxForgottenPerRound)
          .offset(maxRecords),
      )
      .executeTakeFirst(),
  (store) =>
    store
      .deleteFrom('handshakes')
      .where('id', 'in', (rows) =>
        rows
          .selectFrom('handshakes')
          .select('id')
          .orderBy('at', 'desc')
          .limit(maxForgottenPerRound)
          .offset(maxRecords),
      )
      .executeTakeFirst(),
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
  ...forgetEnded,
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

/**
 * What happens by the clock: renewed certificates end when their overlap is over, and what is kept
 * for a time only is forgotten.
 *
 * @returns what ends it
 */
export function startMaintenance(authority: Authority): () => void {
  const { store, now, log } = authority
  const timers = [
    every(supersedeEveryMs, () => supersedeDue(store, now())),
    every(forgetEveryMs, () => forgetOld(authority)),
    every(forgetEveryMs, () => renewTokenKeys(authority.tokenKeys, authority.config)),
  ]
  function every(milliseconds: number, work: () => Promise<unknown>): NodeJS.Timeout {
    return setInterval(() => {
      work().catch((error: unknown) => log.error({ err: error }, 'maintenance failed'))
    }, milliseconds)
  }
  return () => timers.forEach(clearInterval)
}

/** Forgets all that is due, in rounds between which other writes find their turn. */
export async function forgetOld({ store, now }: Pick<Authority, 'store' | 'now'>): Promise<void> {
  for (const forget of forgotten) {
    for (;;) {
      const { numDeletedRows } = await store.write((tx) => forget(tx, now()))
      if (numDeletedRows < maxForgottenPerRound) break
    }
  }
}
