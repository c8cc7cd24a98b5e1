import { Problem } from '@sallyport/problem'
import type { DeviceStatus } from '@sallyport/wire'
import type { Kysely } from 'kysely'
import { appendAudit } from '../audit/audit-log.ts'
import { appendChange, lastChangeOf } from '../feed/append-change.ts'
import type { DeviceRow, Tables } from '../store/tables.ts'

/** What each status may become. Revoked and superseded are final. */
const successors: Readonly<Record<DeviceStatus, readonly DeviceStatus[]>> = {
  active: ['suspended', 'revoked', 'superseded'],
  suspended: ['active', 'revoked'],
  revoked: [],
  superseded: [],
}

const verbs: Readonly<Record<DeviceStatus, string>> = {
  active: 'device.resumed',
  suspended: 'device.suspended',
  revoked: 'device.revoked',
  superseded: 'device.superseded',
}

export type StatusChange = {
  deviceId: string
  status: DeviceStatus
  reason: string | undefined
  actor: string
  now: number
}

/**
 * Changes the status of a device: its row, the feed and the audit log in one write. A device that
 * already has the status is left as it is, so that a command can be repeated.
 *
 * @returns the device, and the number of the change that gave it this status
 * @throws Problem `not_found`, `status_final`
 */
export async function changeDeviceStatus(
  store: Kysely<Tables>,
  change: StatusChange,
): Promise<{ device: DeviceRow; seq: number }> {
  const device = await findDevice(store, change.deviceId)
  const { status } = change
  if (device.status === status)
    return { device, seq: await lastChangeOf(store, { kind: 'device', key: device.id }) }
  if (!successors[device.status].includes(status)) {
    throw new Problem('status_final', {
      detail: `The device is ${device.status}`,
      expected: successors[device.status].join(' or ') || `no change: ${device.status} is final`,
      found: `a change to ${status}`,
    })
  }
  const changed: DeviceRow = {
    ...device,
    status,
    status_reason: change.reason ?? null,
    status_changed_at: change.now,
  }
  const { status_reason, status_changed_at } = changed
  await store
    .updateTable('devices')
    .set({ status, status_reason, status_changed_at })
    .where('id', '=', device.id)
    .execute()
  const seq = await appendChange(store, {
    at: change.now,
    kind: 'device',
    key: device.id,
    status,
    until: device.expires_at,
  })
  await appendAudit(store, {
    at: change.now,
    actor: change.actor,
    action: verbs[status],
    subject: device.id,
    detail: { before: device.status, reason: status_reason, seq },
  })
  return { device: changed, seq }
}

/** @throws Problem `not_found` */
export async function findDevice(store: Kysely<Tables>, id: string): Promise<DeviceRow> {
  const device = await store
    .selectFrom('devices')
    .selectAll()
    .where('id', '=', id)
    .executeTakeFirst()
  if (device === undefined) throw new Problem('not_found', { detail: `No device ${id}` })
  return device
}
