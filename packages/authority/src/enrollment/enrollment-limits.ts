import { Problem, type ReasonCode } from '@sallyport/problem'
import type { Kysely } from 'kysely'
import type { LimitsConfig } from '../config/limits-config.ts'
import type { Tables } from '../store/tables.ts'
import type { NewDevice } from '../users/new-device.ts'
import { networkOf } from './network-of.ts'
import type { PolicyGate } from './policy-gate.ts'

const hourMs = 3_600_000
const dayMs = 24 * hourMs

/** How many enrolments that have something in common there may be within a time. */
type Bound = {
  /** As configuration calls it, and findings of mode `shadow`. */
  name: keyof LimitsConfig
  code: ReasonCode
  periodMs: number
  /** What is counted by, and how many there may be; undefined where the device has no such thing. */
  of: (device: NewDevice) => { most: number; what: string } | undefined
  /** When the enrolment was that is this many back, within the period. */
  nthNewest: NthNewest
}

type NthNewest = (
  store: Kysely<Tables>,
  device: NewDevice,
  nth: number,
  since: number,
) => Promise<number | undefined>

const bounds: readonly Bound[] = [
  {
    name: 'perAddressPerHour',
    code: 'enrollment_address_too_often',
    periodMs: hourMs,
    of: ({ app, address }) => ({
      most: app.enrollment.limits.perAddressPerHour,
      what: networkOf(address),
    }),
    nthNewest: (store, { appId, address }, nth, since) =>
      nthOfDevices(
        store,
        { appId, column: 'enrolled_network', is: networkOf(address) },
        nth,
        since,
      ),
  },
  {
    name: 'perBatchPerDay',
    code: 'enrollment_batch_too_often',
    periodMs: dayMs,
    // Where a certificate came from is known of each that has a batch; if not, the lower bound counts.
    of: ({ app, batch, provisioning }) =>
      batch === null
        ? undefined
        : { most: app.enrollment.limits.perBatchPerDay[provisioning ?? 'remote'], what: batch },
    nthNewest: (store, { appId, batch }, nth, since) =>
      nthOfDevices(store, { appId, column: 'batch', is: batch ?? '' }, nth, since),
  },
  {
    name: 'perUserPerDay',
    code: 'enrollment_user_too_often',
    periodMs: dayMs,
    of: ({ app, user }) =>
      user === undefined
        ? undefined
        : { most: app.enrollment.limits.perUserPerDay, what: user.subject },
    nthNewest: nthOfUser,
  },
]

/**
 * Refuses a device that enrols too soon after too many others, in the write that enrols it or asks for
 * its approval, so that none comes in between. What someone approved is not counted again.
 *
 * @throws Problem `enrollment_address_too_often`, `enrollment_batch_too_often`,
 *   `enrollment_user_too_often`
 */
export async function refuseTooOften(
  store: Kysely<Tables>,
  device: NewDevice,
  gate: PolicyGate,
): Promise<void> {
  for (const { name, code, periodMs, of, nthNewest } of bounds) {
    const bound = of(device)
    if (bound === undefined) continue
    const { most, what } = bound
    const at = await nthNewest(store, device, most, device.now - periodMs)
    if (at === undefined) continue
    const waitMs = Math.min(periodMs, at + periodMs - device.now)
    gate.refuse(
      name,
      new Problem(code, {
        expected: `fewer than ${most} within ${periodMs / hourMs} hours`,
        found: `${most} or more of ${what}`,
        retryAfterSeconds: Math.max(1, Math.ceil(waitMs / 1_000)),
      }),
    )
  }
}

async function nthOfDevices(
  store: Kysely<Tables>,
  by: { appId: string; column: 'enrolled_network' | 'batch'; is: string },
  nth: number,
  since: number,
): Promise<number | undefined> {
  const row = await store
    .selectFrom('devices')
    .select('enrolled_at')
    .where(by.column, '=', by.is)
    .where('app_id', '=', by.appId)
    .where('enrolled_at', '>', since)
    .orderBy('enrolled_at', 'desc')
    .offset(nth - 1)
    .limit(1)
    .executeTakeFirst()
  return row?.enrolled_at
}

/** What a user asked approval for counts, whatever came of it: nobody is asked for it all day long. */
async function nthOfUser(
  store: Kysely<Tables>,
  { appId, user }: NewDevice,
  nth: number,
  since: number,
): Promise<number | undefined> {
  if (user === undefined) return undefined
  const enrolled = await store
    .selectFrom('devices')
    .select('enrolled_at as at')
    .where('user_subject', '=', user.subject)
    .where('user_provider', '=', user.provider)
    .where('app_id', '=', appId)
    .where('enrolled_at', '>', since)
    .orderBy('enrolled_at', 'desc')
    .limit(nth)
    .execute()
  const asked = await store
    .selectFrom('approvals')
    .select('requested_at as at')
    .where('user_subject', '=', user.subject)
    .where('user_provider', '=', user.provider)
    .where('app_id', '=', appId)
    .where('requested_at', '>', since)
    .where('device_id', 'is', null)
    .orderBy('requested_at', 'desc')
    .limit(nth)
    .execute()
  return [...enrolled, ...asked].map(({ at }) => at).toSorted((a, b) => b - a)[nth - 1]
}
