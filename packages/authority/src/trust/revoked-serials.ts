import type { Kysely } from 'kysely'
import { appendAudits } from '../audit/audit-log.ts'
import { unchanged } from '../audit/change.ts'
import { canBecome, changeStatuses } from '../devices/device-status.ts'
import type { DeviceRow, Tables } from '../store/tables.ts'
import { policyOf, type SweepPolicy } from './policy-change.ts'

/** Handled in one write: about ten milliseconds that other writes wait. */
const maxHandledPerWrite = 250

/** What the status list brings down on a device. */
type Listing = { serial: string; deviceId: string; status: string; reason: string | null }

/** What became of devices. */
export type Handled = Readonly<Record<'notified' | 'suspended' | 'revoked' | 'unchanged', number>>

export const nothingHandled: Handled = { notified: 0, suspended: 0, revoked: 0, unchanged: 0 }

/** How the reason of a device's status begins, where the list is why. */
export const listedReason = 'the attestation key is listed: '

/**
 * Carries out the policy on devices that rest on a listed serial number and were not handled yet,
 * whether the list or the device is new. Idempotent: what is handled is marked in the same write.
 *
 * @returns undefined where there was nothing to handle
 */
export async function handleListed(
  tx: Kysely<Tables>,
  policy: SweepPolicy,
  now: number,
): Promise<Handled | undefined> {
  const listings = await dueListings(tx)
  if (listings.length === 0) return undefined
  const byDevice = new Map<string, Listing>()
  for (const listing of listings) {
    // Of two, the one that cannot be lifted says why.
    const other = byDevice.get(listing.deviceId)
    if (other === undefined || !isFinal(other)) byDevice.set(listing.deviceId, listing)
  }
  const devices = await tx
    .selectFrom('devices')
    .selectAll()
    .where('id', 'in', [...byDevice.keys()])
    .orderBy('id')
    .execute()
  const handled = await carryOut(tx, devices, byDevice, policy, now)
  await markHandled(tx, listings, now)
  return handled
}

/** Whether there is something to handle. */
export async function hasListed(store: Kysely<Tables>): Promise<boolean> {
  return (await dueListings(store, 1)).length > 0
}

async function dueListings(tx: Kysely<Tables>, limit = maxHandledPerWrite): Promise<Listing[]> {
  const due = () =>
    tx
      .selectFrom('status_list as l')
      // The list is the shorter one, by far: it leads.
      .crossJoin('attestation_serials as s')
      .whereRef('s.serial', '=', 'l.serial')
      .select(['s.serial', 's.device_id as deviceId', 'l.status', 'l.reason'])
      .limit(limit)
  const never = await due().where('s.handled_at', 'is', null).execute()
  if (never.length >= limit) return never
  // Listed, lifted and listed again; or suspended first and then revoked.
  const again = await due().whereRef('s.handled_at', '<', 'l.first_seen_at').execute()
  return [...never, ...again]
}

/** An entry that can be lifted suspends, whatever the policy. */
function isFinal({ status }: Listing): boolean {
  return status !== 'SUSPENDED'
}

const effects = { notify: 'notified', suspend: 'suspended', revoke: 'revoked' } as const

async function carryOut(
  tx: Kysely<Tables>,
  devices: readonly DeviceRow[],
  listings: ReadonlyMap<string, Listing>,
  policy: SweepPolicy,
  now: number,
): Promise<Handled> {
  const handled = { ...nothingHandled }
  const groups = Map.groupBy(devices, (device) => {
    const listing = listings.get(device.id)
    const isLiftable = listing !== undefined && !isFinal(listing)
    const wanted = policyOf(policy, device.app_id)
    const effect = effects[wanted === 'revoke' && isLiftable ? 'suspend' : wanted]
    // Of a device that has ended there is nothing to say.
    return canBecome(device.status, effect === 'notified' ? 'revoked' : effect)
      ? effect
      : 'unchanged'
  })
  for (const [effect, some] of groups) {
    handled[effect] += some.length
    const changes = some.map((device) => ({ device, reason: reasonOf(listings.get(device.id)) }))
    if (effect === 'notified') await notify(tx, changes, now)
    else if (effect !== 'unchanged') {
      await changeStatuses(tx, changes, { status: effect, actor: 'authority', now })
    }
  }
  return handled
}

async function notify(
  tx: Kysely<Tables>,
  devices: readonly { device: DeviceRow; reason: string }[],
  now: number,
): Promise<void> {
  await appendAudits(
    tx,
    devices.map(({ device, reason }) => ({
      at: now,
      actor: 'authority',
      action: 'device.key-listed',
      subject: device.id,
      detail: { appId: device.app_id, reason, ...unchanged },
    })),
  )
}

function reasonOf(listing: Listing | undefined): string {
  if (listing === undefined) throw new TypeError('A device that was not asked for')
  const { serial, status, reason } = listing
  return `${listedReason}${serial} ${status}${reason === null ? '' : `, ${reason}`}`
}

async function markHandled(
  tx: Kysely<Tables>,
  listings: readonly Listing[],
  now: number,
): Promise<void> {
  for (const [serial, same] of Map.groupBy(listings, (listing) => listing.serial)) {
    const { first_seen_at } = await tx
      .selectFrom('status_list')
      .select('first_seen_at')
      .where('serial', '=', serial)
      .executeTakeFirstOrThrow()
    const devices = same.map(({ deviceId }) => deviceId)
    await tx
      .updateTable('attestation_serials')
      // Never before it was listed: a clock that went back must not have it handled for ever.
      .set({ handled_at: Math.max(now, first_seen_at) })
      .where('serial', '=', serial)
      .where('device_id', 'in', devices)
      .execute()
  }
}
