import { Problem } from '@sallyport/problem'
import type { Kysely } from 'kysely'
import { changeDeviceStatus } from '../devices/device-status.ts'
import type { Tables } from '../store/tables.ts'

/**
 * What becomes of the devices of an app that already hold the key of a new enrolment. One key is one
 * device: an active one is superseded, since the new one proved that it holds its key; a suspended or
 * revoked one does not come back by enrolling the same key again, nor does the key of a certificate
 * that was revoked.
 *
 * @throws Problem `device_suspended`, `device_revoked`, `device_certificate_revoked`
 */
export async function supersedeHolders(
  store: Kysely<Tables>,
  key: { appId: string; spkiSha256: string },
  successor: { deviceId: string; now: number },
): Promise<void> {
  await refuseRevokedKey(store, key)
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

/**
 * Whether a device can renew with a key: a key of another device, whatever became of that one, stays
 * its own.
 *
 * @throws Problem `csr_key_not_allowed`, `device_certificate_revoked`
 */
export async function refuseHeldKey(
  store: Kysely<Tables>,
  key: { appId: string; spkiSha256: string },
  deviceId: string,
): Promise<void> {
  await refuseRevokedKey(store, key)
  const other = await store
    .selectFrom('certificates')
    .select('device_id')
    .where('spki_sha256', '=', key.spkiSha256)
    .where('app_id', '=', key.appId)
    .where('device_id', '!=', deviceId)
    .executeTakeFirst()
  if (other === undefined) return
  throw new Problem('csr_key_not_allowed', {
    expected: 'a key of its own',
    found: `the key ${key.spkiSha256} of device ${other.device_id}`,
  })
}

/** A certificate is revoked for its key: another one for it would lift the revocation. */
async function refuseRevokedKey(
  store: Kysely<Tables>,
  { appId, spkiSha256 }: { appId: string; spkiSha256: string },
): Promise<void> {
  const revoked = await store
    .selectFrom('certificates')
    .select('thumbprint')
    .where('spki_sha256', '=', spkiSha256)
    .where('app_id', '=', appId)
    .where('status', '=', 'revoked')
    .executeTakeFirst()
  if (revoked === undefined) return
  throw new Problem('device_certificate_revoked', {
    expected: 'a new key',
    found: `the key of certificate ${revoked.thumbprint}, which is revoked`,
  })
}
