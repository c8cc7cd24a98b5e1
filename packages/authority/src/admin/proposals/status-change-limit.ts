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
}

/**
 * Counts a change of status that somebody orders, in the write that makes it, unless so many were ordered in
 * the last hour, by whomever, that it needs a second person. The revocation of one device is never held up by
 * what others did: who changed nothing for a minute may always revoke one.
 *
 * @returns why it needs a second person; undefined where it does not
 */
export async function countStatusChange(
  store: Kysely<Tables>,
  { admin, now, isRevocation }: CountedChange,
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
  const isEmergency = isRevocation && now - Number(last ?? -Infinity) >= minuteMs
  if (changes >= least && !isEmergency) {
    const most = Math.max(least, Math.floor(((await activeDevices(store)) * perThousand) / 1_000))
    if (changes >= most) {
      return `${changes} devices and certificates had their status changed within the hour, and ${most} need nobody else`
    }
  }
  await store
    .insertInto('status_changes_ordered')
    .values({ at: now, person: admin.person })
    .execute()
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
