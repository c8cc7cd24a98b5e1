import type { DeviceStatus } from '@sallyport/wire'
import type { Kysely } from 'kysely'
import type { DeviceRow, Tables } from '../store/tables.ts'

export type DeviceFilter = {
  status?: DeviceStatus
  /** Of these alone. */
  appIds?: readonly string[] | undefined
  /** What the subject of a user may be stored as. */
  userSubjects?: readonly string[]
  /** The last id of the page before. */
  cursor?: string
  limit?: number
}

/** A page of devices in the order of their ids, and where the next one begins. */
export async function listDevices(
  store: Kysely<Tables>,
  filter: DeviceFilter,
): Promise<{ devices: DeviceRow[]; nextCursor: string | undefined }> {
  const { status, appIds, userSubjects, cursor, limit = 100 } = filter
  let query = store.selectFrom('devices').selectAll()
  if (status !== undefined) query = query.where('status', '=', status)
  if (appIds !== undefined) query = query.where('app_id', 'in', appIds)
  if (userSubjects !== undefined) query = query.where('user_subject', 'in', userSubjects)
  if (cursor !== undefined) query = query.where('id', '>', cursor)
  const devices = await query
    .orderBy('id')
    .limit(limit + 1)
    .execute()
  const page = devices.slice(0, limit)
  return { devices: page, nextCursor: devices.length > limit ? page.at(-1)?.id : undefined }
}
