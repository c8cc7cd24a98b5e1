import { Problem } from '@sallyport/problem'
import type { Kysely } from 'kysely'
import { changeDeviceStatus } from '../devices/device-status.ts'
import type { Tables } from '../store/tables.ts'
import type { Admission } from './admission.ts'

/** What a device is told apart by within its app. */
export type DeviceKeys = {
  appId: string
  /** Of its TLS key: SHA-256 of the SPKI, base64url. */
  spkiSha256: string
  /** Of the App Attest key that vouches for it, where one does. */
  appAttestKeyId: string | undefined
}

/**
 * What becomes of the devices of an app that already hold a key of a new enrolment. One key is one
 * device, and an App Attest key is one installation, so that none vouches for a farm of them: an active
 * holder is superseded, since the new one proved that it holds its key; a suspended or revoked one does
 * not come back by enrolling the same key again, nor does the key of a certificate that was revoked.
 *
 * @throws Problem `device_suspended`, `device_revoked`, `device_certificate_revoked`
 */
export async function supersedeHolders(
  store: Kysely<Tables>,
  keys: DeviceKeys,
  successor: { deviceId: string; now: number },
): Promise<void> {
  for (const deviceId of await supersedable(store, keys)) {
    await changeDeviceStatus(store, {
      deviceId,
      status: 'superseded',
      reason: `its key enrolled again, as ${successor.deviceId}`,
      actor: 'authority',
      now: successor.now,
    })
  }
}

/**
 * The devices that an enrolment of these keys would supersede, all of them active.
 *
 * @returns their ids
 * @throws Problem as `supersedeHolders`
 */
export async function supersedable(
  store: Kysely<Tables>,
  keys: DeviceKeys,
): Promise<ReadonlySet<string>> {
  const holders = [...(await holdersOf(store, keys)), ...(await vouchedHolders(store, keys))]
  const barred = holders.find(({ status }) => status !== 'active')
  if (barred !== undefined) {
    throw new Problem(barred.status === 'revoked' ? 'device_revoked' : 'device_suspended', {
      expected: 'a new key',
      found: `the key of device ${barred.id}, which is ${barred.status}`,
    })
  }
  return new Set(holders.map(({ id }) => id))
}

/**
 * A device that proves nothing takes the place of none but of its own kind and lane: a key that another
 * device has, or had, is not its own.
 *
 * @throws Problem `csr_key_not_allowed`
 */
export async function refuseHolders(
  store: Kysely<Tables>,
  { appId, spkiSha256 }: DeviceKeys,
  { kind, lane = '' }: Pick<Admission, 'kind' | 'lane'>,
): Promise<void> {
  const other = await store
    .selectFrom('certificates')
    .innerJoin('issuers', 'issuers.id', 'certificates.issuer_id')
    .select(['certificates.device_id', 'issuers.kind'])
    .where('certificates.spki_sha256', '=', spkiSha256)
    .where('certificates.app_id', '=', appId)
    .where((row) => row.or([row('issuers.kind', '!=', kind), row('issuers.lane', '!=', lane)]))
    .limit(1)
    .executeTakeFirst()
  if (other === undefined) return
  throw new Problem('csr_key_not_allowed', {
    expected: 'a key of its own',
    found: `the key ${spkiSha256} of device ${other.device_id}, of kind ${other.kind}`,
  })
}

/** @throws Problem `device_certificate_revoked` */
async function holdersOf(store: Kysely<Tables>, keys: DeviceKeys) {
  const held = await store
    .selectFrom('certificates')
    .innerJoin('devices', 'devices.id', 'certificates.device_id')
    .select(['devices.id', 'devices.status', 'certificates.status as certificate'])
    .distinct()
    .where('certificates.spki_sha256', '=', keys.spkiSha256)
    .where('certificates.app_id', '=', keys.appId)
    .execute()
  if (held.some(({ certificate }) => certificate === 'revoked')) await refuseRevokedKey(store, keys)
  return held.filter(({ status }) => status !== 'superseded')
}

async function vouchedHolders(store: Kysely<Tables>, { appId, appAttestKeyId }: DeviceKeys) {
  if (appAttestKeyId === undefined) return []
  return store
    .selectFrom('app_attest_keys')
    .innerJoin('devices', 'devices.id', 'app_attest_keys.device_id')
    .select(['devices.id', 'devices.status'])
    .where('app_attest_keys.key_id', '=', appAttestKeyId)
    .where('devices.app_id', '=', appId)
    .where('devices.status', '!=', 'superseded')
    .execute()
}

/**
 * Whether a device can renew with a key: a key of another device, whatever became of that one, stays
 * its own, and so does its App Attest key.
 *
 * @throws Problem `csr_key_not_allowed`, `device_certificate_revoked`, `app_attest_key_held`
 */
export async function refuseHeldKey(
  store: Kysely<Tables>,
  key: DeviceKeys,
  deviceId: string,
): Promise<void> {
  const held = await store
    .selectFrom('certificates')
    .select(['device_id', 'status'])
    .distinct()
    .where('spki_sha256', '=', key.spkiSha256)
    .where('app_id', '=', key.appId)
    .execute()
  if (held.some(({ status }) => status === 'revoked')) await refuseRevokedKey(store, key)
  await refuseVouching(store, key, deviceId)
  const other = held.find(({ device_id }) => device_id !== deviceId)
  if (other === undefined) return
  throw new Problem('csr_key_not_allowed', {
    expected: 'a key of its own',
    found: `the key ${key.spkiSha256} of device ${other.device_id}`,
  })
}

async function refuseVouching(
  store: Kysely<Tables>,
  { appId, appAttestKeyId }: DeviceKeys,
  deviceId: string,
): Promise<void> {
  if (appAttestKeyId === undefined) return
  const other = await store
    .selectFrom('app_attest_keys')
    .innerJoin('devices', 'devices.id', 'app_attest_keys.device_id')
    .select('devices.id')
    .where('app_attest_keys.key_id', '=', appAttestKeyId)
    .where('devices.app_id', '=', appId)
    .where('devices.id', '!=', deviceId)
    .executeTakeFirst()
  if (other === undefined) return
  throw new Problem('app_attest_key_held', {
    expected: 'an App Attest key of its own',
    found: `the key ${appAttestKeyId} of device ${other.id}`,
  })
}

/** A certificate is revoked for its key: another one for it would lift the revocation. */
async function refuseRevokedKey(
  store: Kysely<Tables>,
  { appId, spkiSha256 }: DeviceKeys,
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
