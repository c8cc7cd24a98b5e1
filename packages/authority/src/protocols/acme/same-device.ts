import { Problem } from '@sallyport/problem'
import type { Kysely } from 'kysely'
import { changeDeviceStatus } from '../../devices/device-status.ts'
import type { AcmeAccountRow, DeviceRow, Tables } from '../../store/tables.ts'

/** A device by what it attests to be, in its app, and as what it enrols. */
type Named = {
  readonly appId: string
  /** A device attests several: a serial number, an UDID. It is known by the one that it ordered under. */
  readonly identifiers: readonly string[]
  readonly isDevelopment: boolean
  readonly deviceId: string
  readonly now: number
}

/**
 * Refuses a device that an operator suspended or revoked: enrolling again does not bring it back. One
 * that was revoked comes back by a credential that was made since, as a phone does by an invitation.
 *
 * @throws Problem `device_suspended`, `device_revoked`
 */
export async function refuseBarred(
  store: Kysely<Tables>,
  named: Named,
  { credential_id }: AcmeAccountRow,
): Promise<void> {
  const devices = await namesakes(store, named)
  const suspended = devices.find(({ status }) => status === 'suspended')
  if (suspended !== undefined) throw barred('device_suspended', suspended)
  const revoked = devices
    .filter(({ status }) => status === 'revoked')
    .toSorted((a, b) => b.status_changed_at - a.status_changed_at)[0]
  if (revoked === undefined) return
  const credential =
    credential_id === null
      ? undefined
      : await store
          .selectFrom('acme_credentials')
          .select('created_at')
          .where('id', '=', credential_id)
          .executeTakeFirst()
  const isInvited = credential !== undefined && credential.created_at > revoked.status_changed_at
  if (!isInvited) throw barred('device_revoked', revoked)
}

/** A device that enrols again takes the place of what it was before: of no other kind, and no other app. */
export async function supersedeNamesakes(store: Kysely<Tables>, named: Named): Promise<void> {
  for (const { id, status } of await namesakes(store, named)) {
    if (status !== 'active') continue
    await changeDeviceStatus(store, {
      deviceId: id,
      status: 'superseded',
      reason: `it enrolled again, as ${named.deviceId}`,
      actor: 'authority',
      now: named.now,
    })
  }
}

/** Attested ones: what proves nothing has no name that counts. */
function namesakes(
  store: Kysely<Tables>,
  { appId, identifiers, isDevelopment, deviceId }: Named,
): Promise<DeviceRow[]> {
  return store
    .selectFrom('devices')
    .selectAll()
    .where('identifier', 'in', identifiers)
    .where('app_id', '=', appId)
    .where('development', '=', isDevelopment ? 1 : 0)
    .where('assurance', '!=', 'unattested')
    .where('status', '!=', 'superseded')
    .where('id', '!=', deviceId)
    .execute()
}

function barred(code: 'device_suspended' | 'device_revoked', { id, status }: DeviceRow): Problem {
  return new Problem(code, {
    expected: 'a device that is active, or is new',
    found: `device ${id}, which is ${status}`,
  })
}
