import { Problem } from '@sallyport/problem'
import type { Kysely } from 'kysely'
import { changeDeviceStatus } from '../devices/device-status.ts'
import type { Tables } from '../store/tables.ts'

/**
 * What becomes of the devices of an app that already hold the key of a new enrolment. One key is one
 * device: an active one is superseded, since the new one proved that it holds its key; a suspended or
 * revoked one does not come back by enrolling the same key again.
 *
 * @throws Problem `device_suspended`, `device_revoked`
 */
export async function supersedeHolders(
  store: Kysely<Tables>,
  key: { appId: string; spkiSha256: string },
  successor: { deviceId: string; now: number },
): Promise<void> {
  const holders = await store
    .selectFrom('certificates')
    .innerJoin('devices', 'devices.id', 'certificates.device_id')
    .select(['devices.id', 'devices.status'])
    .distinct()
    .where('certificates.spki_sha256', '=', key.spkiSha256)
    .where('devices.app_id', '=', key.appId)
    .where('devices.status', '!=', 'superseded')
    .execute()
  for (const holder of holders) {
    if (holder.status !== 'active') {
      throw new Problem(holder.status === 'revoked' ? 'device_revoked' : 'device_suspended', {
        expected: 'a new key',
        found: `the key of device ${holder.id}, which is ${holder.status}`,
      })
    }
    await changeDeviceStatus(store, {
      deviceId: holder.id,
      status: 'superseded',
      reason: `its key enrolled again, as ${successor.deviceId}`,
      actor: 'authority',
      now: successor.now,
    })
  }
}
