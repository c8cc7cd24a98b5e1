import type { ReasonCode } from '@sallyport/problem'
import type { Kysely } from 'kysely'
import type { ReceiptLaneRow, Tables } from '../store/tables.ts'

/** A team at one of Apple's two hosts: what is paced, and what fails, as one. */
export type Lane = Readonly<Pick<ReceiptLaneRow, 'team_id' | 'environment'>>

/** How long nobody asks after a failure. */
const firstWaitMs = 30_000
const maxWaitMs = 3_600_000
/** Apple may ask for more patience than we would have, but only this much. */
const maxPatienceMs = 24 * 3_600_000
/** Those that wait for the same part by this much. */
const jitter = 0.2

export async function readLane(
  store: Kysely<Tables>,
  lane: Lane,
): Promise<ReceiptLaneRow | undefined> {
  return store
    .selectFrom('receipt_lanes')
    .selectAll()
    .where('team_id', '=', lane.team_id)
    .where('environment', '=', lane.environment)
    .executeTakeFirst()
}

/** Whether Apple may be asked. A time beyond any patience was written by a clock that was ahead. */
export function isOpen(row: ReceiptLaneRow | undefined, now: number): boolean {
  return row === undefined || row.next_at <= now || row.next_at > now + maxPatienceMs * (1 + jitter)
}

/** Nobody asks before, neither this authority nor another over this store. */
export function holdLane(store: Kysely<Tables>, lane: Lane, nextAt: number): Promise<void> {
  return write(store, lane, { next_at: nextAt })
}

/** Apple answered as it should. */
export function laneAnswered(store: Kysely<Tables>, lane: Lane, now: number): Promise<void> {
  return write(store, lane, { failures: 0, fault: null, failing_since: null, answered_at: now })
}

/**
 * Apple was not reached, or would not, or gave what cannot be believed.
 *
 * @returns how often in a row
 */
export async function laneFailed(
  store: Kysely<Tables>,
  lane: Lane,
  failure: { code: ReasonCode; retryAfterSeconds: number | undefined; now: number },
  random: () => number = Math.random,
): Promise<number> {
  const { code, retryAfterSeconds, now } = failure
  const row = await readLane(store, lane)
  const failures = (row?.failures ?? 0) + 1
  await write(store, lane, {
    next_at: now + waitAfterFailure(failures, retryAfterSeconds, random),
    failures,
    fault: code,
    failing_since: row?.failing_since ?? now,
  })
  return failures
}

/** Milliseconds: twice as long each time, and never less than Apple asks for. */
export function waitAfterFailure(
  failures: number,
  retryAfterSeconds: number | undefined,
  random: () => number = Math.random,
): number {
  const backOffMs = Math.min(firstWaitMs * 2 ** Math.min(failures - 1, 16), maxWaitMs)
  const askedMs = Math.min((retryAfterSeconds ?? 0) * 1_000, maxPatienceMs)
  return Math.round(Math.max(backOffMs, askedMs) * (1 + jitter * random()))
}

/** Tries again now, as an operator wishes; but where Apple asked for patience it has it. */
export async function reopenLanes(store: Kysely<Tables>, now: number): Promise<void> {
  await store
    .updateTable('receipt_lanes')
    .set({ next_at: now })
    .where('next_at', '>', now)
    .where('fault', 'is not', null)
    .where('fault', '!=', 'app_attest_refresh_limited' satisfies ReasonCode)
    .execute()
}

async function write(
  store: Kysely<Tables>,
  lane: Lane,
  values: Partial<Omit<ReceiptLaneRow, keyof Lane>>,
): Promise<void> {
  const fresh = { next_at: 0, failures: 0, fault: null, failing_since: null, answered_at: null }
  await store
    .insertInto('receipt_lanes')
    .values({ ...lane, ...fresh, ...values })
    .onConflict((conflict) => conflict.columns(['team_id', 'environment']).doUpdateSet(values))
    .execute()
}
