import { type DeviceStatus, deviceStatuses } from '@sallyport/wire'
import type { Kysely } from 'kysely'
import { leftBy, readParts, type StatusPart, statusParts } from '../store/status-parts.ts'
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
  const { userSubjects, cursor, limit = 100 } = filter
  const readPart = (part: StatusPart<DeviceStatus>) => {
    let query = store.selectFrom('devices').selectAll()
    if (part.status !== undefined) query = query.where('status', '=', part.status)
    if (part.appId !== undefined) query = query.where('app_id', '=', part.appId)
    if (userSubjects !== undefined) {
      query = query.where('user_subject', 'in', userSubjects)
      for (const condition of leftBy(filter)) query = query.where(condition)
    }
    if (cursor !== undefined) query = query.where('id', '>', cursor)
    return query
      .orderBy('id')
      .limit(limit + 1)
      .execute()
  }
  // Those of a user are few.
  const parts = userSubjects === undefined ? statusParts(filter, deviceStatuses) : [{}]
  const devices = await readParts(parts, limit + 1, readPart, isBefore)
  const page = devices.slice(0, limit)
  return { devices: page, nextCursor: devices.length > limit ? page.at(-1)?.id : undefined }
}

const isBefore = (one: DeviceRow, other: DeviceRow) => one.id < other.id
