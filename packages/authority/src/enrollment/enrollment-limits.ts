import { Problem, type ReasonCode } from '@sallyport/problem'
import type { Kysely } from 'kysely'
import type { LimitsConfig } from '../config/limits-config.ts'
import type { Tables } from '../store/tables.ts'
import type { NewDevice } from '../users/new-device.ts'
import { ofUser } from '../users/of-user.ts'
import { networkOf } from './network-of.ts'
import type { PolicyGate } from './policy-gate.ts'

const hourMs = 3_600_000
const dayMs = 24 * hourMs

/** How many enrolments that have something in common there may be within a time. */
type Bound<Device = NewDevice> = {
  /** As configuration calls it, and findings of mode `shadow`. */
  name: keyof LimitsConfig
  code: ReasonCode
  periodMs: number
  /** What is counted by, and how many there may be; undefined where the device has no such thing. */
  of: (device: Device) => { most: number; what: string } | undefined
  /** When the enrolment was that is this many back, within the period. */
  nthNewest: NthNewest<Device>
}

type NthNewest<Device> = (
  store: Kysely<Tables>,
  device: Device,
  nth: number,
  within: Period,
) => Promise<number | undefined>

/** After a clock was set back, what is further ahead than a period counts no more. */
type Period = { since: number; until: number }

/** What is known of an enrolment before anything of it was verified. */
type Comer = Pick<NewDevice, 'appId' | 'app' | 'address' | 'now'>

const perAddress = {
  name: 'perAddressPerHour',
  code: 'enrollment_address_too_often',
  periodMs: hourMs,
  of: ({ app, address }: Comer) => ({
    most: app.enrollment.limits.perAddressPerHour,
    what: networkOf(address),
  }),
  nthNewest: (store: Kysely<Tables>, { appId, address }: Comer, nth: number, within: Period) =>
    nthOfDevices(store, { appId, column: 'enrolled_network', is: networkOf(address) }, nth, within),
} as const satisfies Bound<Comer>

const perBatch: Bound = {
  name: 'perBatchPerDay',
  code: 'enrollment_batch_too_often',
  periodMs: dayMs,
  // Where a certificate came from is known of each that has a batch; if not, the lower bound counts.
  of: ({ app, batch, provisioning }) =>
    batch === null
      ? undefined
      : { most: app.enrollment.limits.perBatchPerDay[provisioning ?? 'remote'], what: batch },
  nthNewest: (store, { appId, batch }, nth, within) =>
    nthOfDevices(store, { appId, column: 'batch', is: batch ?? '' }, nth, within),
}

const perUser: Bound = {
  name: 'perUserPerDay',
  code: 'enrollment_user_too_often',
  periodMs: dayMs,
  of: ({ app, user }) =>
    user === undefined
      ? undefined
      : { most: app.enrollment.limits.perUserPerDay, what: user.subject },
  nthNewest: nthOfUser,
}

/** What is known once everything was verified. */
const boundsOfVerified: readonly Bound[] = [perBatch, perUser]
const bounds: readonly Bound[] = [perAddress, ...boundsOfVerified]

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
  for (const bound of bounds) await hold(bound, store, device, gate)
}

/**
 * Refuses what `refuseTooOften` would in the write, but for the address, which was looked at first of all.
 *
 * @throws Problem `enrollment_batch_too_often`, `enrollment_user_too_often`
 */
export async function refuseBusyBeforeSigning(
  store: Kysely<Tables>,
  device: NewDevice,
  gate: PolicyGate,
): Promise<void> {
  for (const bound of boundsOfVerified) await hold(bound, store, device, gate)
}

/**
 * Refuses an enrolment from a busy address before anything of it is verified or signed. Whether it is
 * one too many, the write decides.
 *
 * @throws Problem `enrollment_address_too_often`
 */
export async function refuseBusyAddress(
  store: Kysely<Tables>,
  comer: Comer,
  gate: PolicyGate,
): Promise<void> {
  await hold(perAddress, store, comer, gate)
}

/**
 * Refuses a device beyond what one attestation certificate may vouch for, by whatever protocol it comes: whoever
 * has its key is bounded by this alone.
 *
 * @throws Problem `enrollment_batch_too_often`
 */
export async function refuseBusyBatch(
  store: Kysely<Tables>,
  device: NewDevice,
  gate: PolicyGate,
): Promise<void> {
  await hold(perBatch, store, device, gate)
}

async function hold<Device extends Comer>(
  { name, code, periodMs, of, nthNewest }: Bound<Device>,
  store: Kysely<Tables>,
  device: Device,
  gate: PolicyGate,
): Promise<void> {
  const bound = of(device)
  if (bound === undefined) return
  const { most, what } = bound
  const { now } = device
  const within = { since: now - periodMs, until: now + periodMs }
  const at = await nthNewest(store, device, most, within)
  if (at === undefined) return
  const waitMs = Math.min(periodMs, at + periodMs - now)
  gate.refuse(
    name,
    new Problem(code, {
      expected: `fewer than ${most} within ${periodMs / hourMs} hours`,
      found: `${most} or more of ${what}`,
      retryAfterSeconds: Math.max(1, Math.ceil(waitMs / 1_000)),
    }),
  )
}

async function nthOfDevices(
  store: Kysely<Tables>,
  by: { appId: string; column: 'enrolled_network' | 'batch'; is: string },
  nth: number,
  { since, until }: Period,
): Promise<number | undefined> {
  const row = await store
    .selectFrom('devices')
    .select('enrolled_at')
    .where(by.column, '=', by.is)
    .where('app_id', '=', by.appId)
    .where('enrolled_at', '>', since)
    .where('enrolled_at', '<', until)
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
  { since, until }: Period,
): Promise<number | undefined> {
  if (user === undefined) return undefined
  const enrolled = await store
    .selectFrom('devices')
    .select('enrolled_at as at')
    .where((row) => row.and(ofUser(user, appId)))
    .where('enrolled_at', '>', since)
    .where('enrolled_at', '<', until)
    .orderBy('enrolled_at', 'desc')
    .limit(nth)
    .execute()
  const asked = await store
    .selectFrom('approvals')
    .select('requested_at as at')
    .where((row) => row.and(ofUser(user, appId)))
    .where('requested_at', '>', since)
    .where('requested_at', '<', until)
    .where('device_id', 'is', null)
    .orderBy('requested_at', 'desc')
    .limit(nth)
    .execute()
  return [...enrolled, ...asked].map(({ at }) => at).toSorted((a, b) => b - a)[nth - 1]
}
