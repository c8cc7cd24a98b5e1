import { fromBase64url, mergeSketch, type Report, type ShadowCount } from '@sallyport/wire'
import type { Kysely } from 'kysely'
import type { ShadowCountRow, Tables } from '../store/tables.ts'

const hourMs = 3_600_000

/**
 * Adds what a gateway counted to the counts of this hour. A batch that came already, of the same life of the
 * gateway, changes nothing.
 *
 * @param instance of the gateway; its batches rise by one
 */
export async function recordShadow(
  store: Kysely<Tables>,
  { gateway, instance, now }: { gateway: string; instance: string; now: number },
  { batch, counts }: NonNullable<Report['shadow']>,
): Promise<void> {
  const known = await store
    .selectFrom('gateways')
    .select(['shadow_instance', 'shadow_batch'])
    .where('name', '=', gateway)
    .executeTakeFirst()
  if (known?.shadow_instance === instance && (known.shadow_batch ?? 0) >= batch) return
  const hour = Math.floor(now / hourMs) * hourMs
  for (const count of counts) await addCount(store, hour, count)
  await store
    .updateTable('gateways')
    .set({ shadow_instance: instance, shadow_batch: batch })
    .where('name', '=', gateway)
    .execute()
}

async function addCount(store: Kysely<Tables>, hour: number, count: ShadowCount): Promise<void> {
  const devices = fromBase64url(count.devices)
  // The pattern of the message has let nothing else through.
  if (devices === undefined) throw new TypeError('The sketch of a shadow count is not base64url')
  const { host, route, stage, code, requests } = count
  const key = {
    hour,
    host,
    route,
    stage,
    code,
    app_id: count.appId,
    platform: count.platform,
    app_version: count.appVersion,
  }
  const known = await findCount(store, key)
  if (known === undefined) {
    await store
      .insertInto('shadow_counts')
      .values({ ...key, requests, devices })
      .execute()
    return
  }
  mergeSketch(devices, known.devices)
  await store
    .updateTable('shadow_counts')
    .set((row) => ({ requests: row('requests', '+', requests), devices }))
    .where((row) => row.and(key))
    .execute()
}

function findCount(
  store: Kysely<Tables>,
  key: Omit<ShadowCountRow, 'requests' | 'devices'>,
): Promise<Pick<ShadowCountRow, 'devices'> | undefined> {
  return store
    .selectFrom('shadow_counts')
    .select('devices')
    .where((row) => row.and(key))
    .executeTakeFirst()
}
