import { Problem } from '@sallyport/problem'
import type { Kysely } from 'kysely'
import type { Tables } from '../store/tables.ts'

/**
 * Refuses a key whose device has a certificate in date. A message that says not when it was made, with a challenge
 * that is good more than once, may be one that somebody kept: sent again when it is forgotten here, it would take
 * the place of the device that it made. Whoever holds the key renews, or comes by what is good once.
 *
 * @throws Problem `csr_key_not_allowed`
 */
export async function refuseKeyInUse(
  store: Kysely<Tables>,
  { appId, spkiSha256, now }: { appId: string; spkiSha256: string; now: number },
): Promise<void> {
  const device = await store
    .selectFrom('certificates as held')
    .innerJoin('devices', 'devices.id', 'held.device_id')
    .select('devices.id')
    .where('held.spki_sha256', '=', spkiSha256)
    .where('held.app_id', '=', appId)
    .where('devices.status', '=', 'active')
    .where('devices.expires_at', '>', now)
    .limit(1)
    .executeTakeFirst()
  if (device === undefined) return
  throw new Problem('csr_key_not_allowed', {
    expected: 'a key of its own, or a renewal',
    found: `the key ${spkiSha256}, which device ${device.id} has or had`,
  })
}
