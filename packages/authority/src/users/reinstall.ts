import { Problem } from '@sallyport/problem'
import type { Kysely } from 'kysely'
import { changeDeviceStatus } from '../devices/device-status.ts'
import type { PolicyGate } from '../enrollment/policy-gate.ts'
import type { DeviceRow, Tables } from '../store/tables.ts'
import type { NewDevice } from './new-device.ts'
import { ofUser } from './of-user.ts'

/**
 * The earlier installations of the app on the phone that a new device claims to be: of the same user, by
 * the access token of this very enrolment, on the same platform. What a phone calls itself is never
 * believed alone, so that another user's phone of that name is not among them.
 */
export async function earlierInstallations(
  store: Kysely<Tables>,
  { appId, user, phoneId, platform, development }: NewDevice,
): Promise<DeviceRow[]> {
  if (user === undefined || phoneId === undefined) return []
  return store
    .selectFrom('devices')
    .selectAll()
    .where((row) => row.and(ofUser(user, appId)))
    .where('phone_id', '=', phoneId)
    .where('platform', '=', platform)
    .where('development', '=', development ? 1 : 0)
    .where('status', '!=', 'superseded')
    .execute()
}

/**
 * Refuses a phone whose earlier device was suspended or revoked: installing the app again does not
 * bring it back. A revoked phone may come back as a new device with a one-time token, which an operator
 * made for it.
 *
 * @throws Problem `reinstall_refused`
 */
export function refuseBarredPhone(
  earlier: readonly DeviceRow[],
  { isInvited }: NewDevice,
  gate: PolicyGate,
): void {
  const barred = earlier.find(
    ({ status }) => status === 'suspended' || (status === 'revoked' && isInvited !== true),
  )
  if (barred === undefined) return
  gate.refuse(
    'reinstall',
    new Problem('reinstall_refused', {
      expected: 'a phone whose earlier device is active',
      found: `device ${barred.id}, which is ${barred.status}`,
    }),
  )
}

/** Supersedes earlier installations, which are active. */
export async function supersedeEarlier(
  store: Kysely<Tables>,
  earlier: readonly DeviceRow[],
  successor: { deviceId: string; now: number },
): Promise<void> {
  for (const { id } of earlier) {
    await changeDeviceStatus(store, {
      deviceId: id,
      status: 'superseded',
      reason: `the app was installed again, as ${successor.deviceId}`,
      actor: 'authority',
      now: successor.now,
    })
  }
}
