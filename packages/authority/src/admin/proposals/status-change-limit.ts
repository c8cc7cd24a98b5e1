import type { Kysely } from 'kysely'
import type { Tables } from '../../store/tables.ts'
import type { Admin } from '../admin.ts'

const hourMs = 3_600_000
const minuteMs = 60_000
/** So many in an hour need nobody else, and of a large fleet so many of a thousand. */
const least = 20
const perThousand = 5

export type CountedChange = {
  admin: Admin
  now: number
  /** Of one device, for ever: what an emergency needs. */
  isRevocation: boolean
  /** Of so many devices and certificates at once; default: one. */
  changes?: number
}

/** SQLite takes so many values in a statement, two a row. */
const perInsert = 1_000

/**
 * Counts a change of status that somebody orders, in the write that makes it, unless so many were ordered in
 * the last hour, by whomever, that it needs a second person. The revocation of one device is never held up by
 * what others did: who changed nothing for a minute may always revoke one.
 *
 * @returns why it needs a second person; undefined where it does not
 */
export async function countStatusChange(
  store: Kysely<Tables>,
  { admin, now, isRevocation, changes: ordered = 1 }: CountedChange,
): Promise<string | undefined> {
  await store
    .deleteFrom('status_changes_ordered')
    .where('at', '<=', now - hourMs)
    .execute()
  const { count, last } = await store
    .selectFrom('status_changes_ordered')
    .select((column) => [
      column.fn.countAll<number>().as('count'),
      column.fn.max('at').filterWhere('person', '=', admin.person).as('last'),
    ])
    .executeTakeFirstOrThrow()
  const changes = Number(count)
  const isEmergency = isRevocation && ordered === 1 && now - Number(last ?? -Infinity) >= minuteMs
  if (changes + ordered > least && !isEmergency) {
    const most = Math.max(least, Math.floor(((await activeDevices(store)) * perThousand) / 1_000))
    if (changes + ordered > most) {
      const more = ordered === 1 ? '' : `, ${ordered} more are to be`
      return `${changes} devices and certificates had their status changed within the hour${more}, and ${most} need nobody else`
    }
  }
  const row = { at: now, person: admin.person }
  for (let left = ordered; left > 0; left -= perInsert) {
    const rows = Array.from({ length: Math.min(left, perInsert) }, () => row)
    await store.insertInto('status_changes_ordered').values(rows).execute()
  }
  return undefined
}

async function activeDevices(store: Kysely<Tables>): Promise<number> {
  const { count } = await store
    .selectFrom('devices')
    .select((column) => column.fn.countAll<number>().as('count'))
    .where('status', '=', 'active')
    .executeTakeFirstOrThrow()
  return Number(count)
}
