import { Problem } from '@sallyport/problem'
import type { Kysely } from 'kysely'
import { type Page, type PageOrder, readPage } from '../store/page.ts'
import type { AppraisalRow, DeviceRow, Tables } from '../store/tables.ts'

/** One message is appraised once; what is sent again, again. */
const maxPerRequest = 20

/** @throws Problem `not_found` */
export async function findAppraisal(store: Kysely<Tables>, id: string): Promise<AppraisalRow> {
  const row = await store
    .selectFrom('appraisals')
    .selectAll()
    .where('id', '=', id)
    .executeTakeFirst()
  if (row === undefined) throw new Problem('not_found', { detail: `No appraisal ${id}` })
  return row
}

/** What the current certificate of a device rests on; undefined where nothing was ever asked for. */
export async function currentAppraisal(
  store: Kysely<Tables>,
  { appraisal_id: id }: Pick<DeviceRow, 'appraisal_id'>,
): Promise<AppraisalRow | undefined> {
  if (id === null) return undefined
  return store.selectFrom('appraisals').selectAll().where('id', '=', id).executeTakeFirst()
}

/** Of a device, newest first. */
export function appraisalsOf(
  store: Kysely<Tables>,
  deviceId: string,
  order: PageOrder,
): Promise<Page<AppraisalRow>> {
  const all = store.selectFrom('appraisals').selectAll().where('device_id', '=', deviceId)
  return readPage(all, { time: 'at', id: 'id', direction: 'desc' }, order)
}

/** Of what was asked in one request, or in those of the decisions that a short code stands for. */
export function appraisalsOfRequests(
  store: Kysely<Tables>,
  requestIds: readonly string[],
): Promise<AppraisalRow[]> {
  return store
    .selectFrom('appraisals')
    .selectAll()
    .where('request_id', 'in', requestIds)
    .orderBy('at', 'desc')
    .limit(maxPerRequest)
    .execute()
}
