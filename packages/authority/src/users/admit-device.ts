import type { Kysely } from 'kysely'
import { appendAudit } from '../audit/audit-log.ts'
import { changed } from '../audit/change.ts'
import { personal, personalActor } from '../audit/personal.ts'
import { refuseBusyBeforeSigning, refuseTooOften } from '../enrollment/enrollment-limits.ts'
import type { PolicyGate } from '../enrollment/policy-gate.ts'
import type { Tables } from '../store/tables.ts'
import type { NewDevice } from './new-device.ts'
import { earlierInstallations, refuseBarredPhone, supersedeEarlier } from './reinstall.ts'
import { refuseTooManyDevices } from './user-devices.ts'

/**
 * Holds a device that asks for approval against what it will be held against when it enrols, so that
 * nobody is asked in vain; and against the bounds on time, which then were held.
 *
 * @throws Problem `reinstall_refused`, `user_devices_too_many`, and those of `refuseTooOften`
 */
export async function admitRequest(
  store: Kysely<Tables>,
  device: NewDevice,
  gate: PolicyGate,
): Promise<void> {
  await refuseTooOften(store, device, gate)
  await roomFor(store, device, gate)
}

/**
 * Holds a device against what it will be held against in the write that enrols it, so that nothing is signed in vain.
 *
 * @throws Problem `reinstall_refused`, `user_devices_too_many`, and those of `refuseBusyBeforeSigning`
 */
export async function admitBeforeSigning(
  store: Kysely<Tables>,
  device: NewDevice,
  { isApproved }: { isApproved: boolean },
  gate: PolicyGate,
): Promise<void> {
  if (!isApproved) await refuseBusyBeforeSigning(store, device, gate)
  await roomFor(store, device, gate)
}

/**
 * Makes room for a new device, in the write that enrols it: its earlier installations end, and there
 * are neither too many enrolments like it nor too many devices of its user.
 *
 * @returns how many devices its user has beside it
 * @throws Problem `reinstall_refused`, `user_devices_too_many`, and those of `refuseTooOften`
 */
export async function admitDevice(
  store: Kysely<Tables>,
  device: NewDevice,
  { deviceId, isApproved }: { deviceId: string; isApproved: boolean },
  gate: PolicyGate,
): Promise<number> {
  if (!isApproved) await refuseTooOften(store, device, gate)
  const { replaced, others } = await roomFor(store, device, gate)
  await supersedeEarlier(store, replaced, { deviceId, now: device.now })
  return others
}

async function roomFor(store: Kysely<Tables>, device: NewDevice, gate: PolicyGate) {
  const earlier = await earlierInstallations(store, device)
  refuseBarredPhone(earlier, device, gate)
  // A claim and a token without proof of a phone end nothing.
  const replaced = device.isProven ? earlier.filter(({ status }) => status === 'active') : []
  const others = await refuseTooManyDevices(store, device, replaced, gate)
  return { replaced, others }
}

/** What its user, and whoever watches over them, is told of a new device: an event of its own. */
export async function tellOfUserDevice(
  store: Kysely<Tables>,
  { appId, user, address, now }: NewDevice,
  { deviceId, others, approvedBy }: { deviceId: string; others: number; approvedBy: string | null },
): Promise<void> {
  if (user === undefined) return
  await appendAudit(store, {
    at: now,
    actor: address,
    action: 'user.device-added',
    subject: deviceId,
    detail: {
      appId,
      provider: user.provider,
      subject: personal('user', user.subject),
      approvedBy: approvedBy === null ? null : personalActor(approvedBy),
      ...changed({ devices: others }, { devices: others + 1 }),
    },
  })
}
