import { Problem } from '@sallyport/problem'
import type { DeviceStatus } from '@sallyport/wire'
import type { Kysely } from 'kysely'
import type { AuditAction } from '../audit/audit-actions.ts'
import { appendAudits } from '../audit/audit-log.ts'
import { changed } from '../audit/change.ts'
import { appendChanges, lastChangeOf } from '../feed/append-change.ts'
import { publishDevices } from '../published/record-revocation.ts'
import type { DeviceRow, Tables } from '../store/tables.ts'

/** What each status may become. Revoked and superseded are final. */
const successors: Readonly<Record<DeviceStatus, readonly DeviceStatus[]>> = {
  active: ['suspended', 'revoked', 'superseded'],
  suspended: ['active', 'revoked'],
  revoked: [],
  superseded: [],
}

const verbs: Readonly<Record<DeviceStatus, AuditAction>> = {
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
  if (!canBecome(device.status, status)) {
    throw new Problem('status_final', {
      detail: `The device is ${device.status}`,
      expected: successors[device.status].join(' or ') || `no change: ${device.status} is final`,
      found: `a change to ${status}`,
    })
  }
  const reason = change.reason ?? null
  const [changed] = await changeStatuses(store, [{ device, reason }], change)
  if (changed === undefined) throw new TypeError('One device was to be changed')
  return changed
}

/** Whether a device of one status may be given another. */
export function canBecome(from: DeviceStatus, to: DeviceStatus): boolean {
  return successors[from].includes(to)
}

/**
 * Gives devices a status that each can become, in the order given: rows, feed and audit log in one
 * write, with few statements however many they are.
 *
 * @param changes at least one, and few enough for one statement
 * @returns each device, and the number of its change
 */
export async function changeStatuses(
  store: Kysely<Tables>,
  changes: readonly { device: DeviceRow; reason: string | null }[],
  { status, actor, now }: Pick<StatusChange, 'status' | 'actor' | 'now'>,
): Promise<{ device: DeviceRow; seq: number }[]> {
  const byReason = Map.groupBy(changes, ({ reason }) => reason)
  for (const [status_reason, same] of byReason) {
    const ids = same.map(({ device }) => device.id)
    await store
      .updateTable('devices')
      .set({ status, status_reason, status_changed_at: now })
      .where('id', 'in', ids)
      .execute()
  }
  const first = await appendChanges(
    store,
    changes.map(({ device }) => ({
      at: now,
      kind: 'device',
      key: device.id,
      status,
      until: device.expires_at,
    })),
  )
  const ids = changes.map(({ device }) => device.id)
  await publishDevices(store, ids, { status, now })
  await appendAudits(
    store,
    changes.map(({ device, reason }, index) => ({
      at: now,
      actor,
      action: verbs[status],
      subject: device.id,
      detail: {
        appId: device.app_id,
        reason,
        seq: first + index,
        ...changed({ status: device.status }, { status }),
      },
    })),
  )
  return changes.map(({ device, reason }, index) => ({
    device: { ...device, status, status_reason: reason, status_changed_at: now },
    seq: first + index,
  }))
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
