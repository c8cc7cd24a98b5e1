import type { Kysely } from 'kysely'
import type { ReceiptLaneRow, Tables } from '../store/tables.ts'
import { readLane } from './lane.ts'
import type { ReceiptLane } from './receipt-lane.ts'

/** A lane as an operator looks at it. */
export type LaneReport = {
  readonly lane: ReceiptLane
  /** Undefined: nothing was ever asked. */
  readonly state: ReceiptLaneRow | undefined
  /** Receipts that are due. */
  readonly due: number
  /** Since when the oldest of them is, milliseconds. */
  readonly dueSince: number | undefined
  /** Devices whose metric is too high. */
  readonly atRisk: number
}

export function reportReceipts(
  lanes: readonly ReceiptLane[],
  store: Kysely<Tables>,
  now: number,
): Promise<LaneReport[]> {
  return Promise.all(
    lanes.map(async (lane) => ({
      lane,
      state: await readLane(store, lane.lane),
      ...(await dueOf(lane, store, now)),
      atRisk: await atRiskOf(lane, store),
    })),
  )
}

/** What waits for its turn, with the devices that are found ended only then. */
async function dueOf({ lane, team }: ReceiptLane, store: Kysely<Tables>, now: number) {
  const { due, since } = await keysOf(store, lane, team.appleAppIds)
    .where('receipt_due_at', '<=', now)
    .select((column) => [
      column.fn.countAll<number>().as('due'),
      column.fn.min('receipt_due_at').as('since'),
    ])
    .executeTakeFirstOrThrow()
  return { due, dueSince: since ?? undefined }
}

async function atRiskOf({ lane, team }: ReceiptLane, store: Kysely<Tables>): Promise<number> {
  const { devices } = await keysOf(store, lane, team.appleAppIds)
    .where('risk_effect', 'is not', null)
    .select((column) => column.fn.countAll<number>().as('devices'))
    .executeTakeFirstOrThrow()
  return devices
}

function keysOf(
  store: Kysely<Tables>,
  { environment }: ReceiptLane['lane'],
  appleAppIds: readonly string[],
) {
  return store
    .selectFrom('app_attest_keys')
    .where('apple_app_id', 'in', appleAppIds)
    .where('environment', '=', environment)
}

/** When the oldest receipt fell due that is due now, by lane; undefined: none is. */
export async function oldestDue(
  { lane, team }: ReceiptLane,
  store: Kysely<Tables>,
  now: number,
): Promise<number | undefined> {
  const oldest = await Promise.all(
    team.appleAppIds.map((appleAppId) =>
      keysOf(store, lane, [appleAppId])
        .where('receipt_due_at', '<=', now)
        .select('receipt_due_at')
        .orderBy('receipt_due_at')
        .limit(1)
        .executeTakeFirst(),
    ),
  )
  const times = oldest.flatMap((row) => row?.receipt_due_at ?? [])
  return times.length === 0 ? undefined : Math.min(...times)
}
