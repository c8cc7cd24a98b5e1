import { Problem } from '@sallyport/problem'
import type { Kysely } from 'kysely'
import type { PolicyGate } from '../enrollment/policy-gate.ts'
import type { DeviceRow, Tables } from '../store/tables.ts'
import type { User } from './admit-user.ts'
import type { NewDevice } from './new-device.ts'
import { ofUser } from './of-user.ts'

const dayMs = 24 * 3_600_000

/** Whose devices are asked for, and when. */
export type UserOfApp = { appId: string; user: User; graceDays: number; now: number }

/**
 * The devices of a user in an app that count, newest first: suspended ones, and active ones until even
 * the grace after their last certificate is over. One that can never renew again is no device any more,
 * and a phone at the bottom of a lake does not keep its user out.
 */
export async function devicesOfUser(
  store: Kysely<Tables>,
  { appId, user, graceDays, now }: UserOfApp,
): Promise<DeviceRow[]> {
  return store
    .selectFrom('devices')
    .selectAll()
    .where((row) => row.and(ofUser(user, appId)))
    .where((column) =>
      column.or([
        column('status', '=', 'suspended'),
        column.and([
          column('status', '=', 'active'),
          column('expires_at', '>', now - graceDays * dayMs),
        ]),
      ]),
    )
    .orderBy('enrolled_at', 'desc')
    .limit(1_000)
    .execute()
}

/** The user and app of a new device, where it has a user. */
export function userOfNewDevice({ appId, app, user, now }: NewDevice): UserOfApp | undefined {
  return user === undefined ? undefined : { appId, user, graceDays: app.certificate.graceDays, now }
}

/**
 * Refuses a device beyond the most of its user. None is ended to make room: whoever took a token would
 * end the devices of its owner with it.
 *
 * @param replaced devices that end with this enrolment
 * @returns how many the user has, without the new one
 * @throws Problem `user_devices_too_many`
 */
export async function refuseTooManyDevices(
  store: Kysely<Tables>,
  device: NewDevice,
  replaced: readonly DeviceRow[],
  gate: PolicyGate,
): Promise<number> {
  const owner = userOfNewDevice(device)
  if (owner === undefined) return 0
  const ending = new Set(replaced.map(({ id }) => id))
  const devices = await devicesOfUser(store, owner)
  const staying = devices.filter(({ id }) => !ending.has(id)).length
  const { maxDevices } = device.app.enrollment.user
  if (staying >= maxDevices) {
    gate.refuse(
      'maxDevices',
      new Problem('user_devices_too_many', {
        expected: `at most ${maxDevices} devices of a user`,
        found: `${staying}, and one more`,
      }),
    )
  }
  return staying
}
