import type { Kysely } from 'kysely'
import type { DeviceStatus } from '@sallyport/wire'
import type { Tables } from '../store/tables.ts'
import { listedReason } from './revoked-serials.ts'

/** A device that rests, or rested when it was suspended, on a listed serial number. */
export type ListedDevice = {
  readonly deviceId: string
  readonly appId: string
  readonly status: DeviceStatus
  readonly statusReason: string | null
  /** Lower-case hex. */
  readonly serial: string
  /** As the list says; null where the serial number left it. */
  readonly listed: string | null
  /** When policy was carried out; null where that is yet to come. Milliseconds. */
  readonly handledAt: number | null
}

export type ListedQuery = {
  /** `<serial> <device id>` of the last one of the page before. */
  after?: string | undefined
  limit: number
  /** Of these alone. */
  appIds?: readonly string[] | undefined
}

/** Devices that rest on a serial number that is on the list now, in the order of both. */
export async function listedDevices(
  store: Kysely<Tables>,
  { after = '', limit, appIds }: ListedQuery,
): Promise<ListedDevice[]> {
  const [serial = '', deviceId = ''] = after.split(' ', 2)
  return store
    .selectFrom('status_list as l')
    .crossJoin('attestation_serials as s')
    .innerJoin('devices as d', 'd.id', 's.device_id')
    .whereRef('s.serial', '=', 'l.serial')
    .$if(appIds !== undefined, (query) => query.where('d.app_id', 'in', appIds ?? []))
    .where((column) =>
      column.or([
        column('l.serial', '>', serial),
        column.and([column('l.serial', '=', serial), column('s.device_id', '>', deviceId)]),
      ]),
    )
    .select([
      'd.id as deviceId',
      'd.app_id as appId',
      'd.status',
      'd.status_reason as statusReason',
      's.serial',
      'l.status as listed',
      's.handled_at as handledAt',
    ])
    .orderBy('l.serial')
    .orderBy('s.device_id')
    .limit(limit)
    .execute()
}

/**
 * Devices that are suspended because a serial number was listed which is not any more: only an
 * operator resumes them. In the order of their ids.
 */
export async function liftedDevices(
  store: Kysely<Tables>,
  { after = '', limit, appIds }: ListedQuery,
): Promise<ListedDevice[]> {
  const [, deviceId = ''] = after.split(' ', 2)
  const rows = await liftedRows(store)
    .$if(appIds !== undefined, (query) => query.where('d.app_id', 'in', appIds ?? []))
    .where('d.id', '>', deviceId)
    .select([
      'd.id as deviceId',
      'd.app_id as appId',
      'd.status',
      'd.status_reason as statusReason',
      (column) => column.fn.max('s.handled_at').as('handledAt'),
      (column) => column.fn.min('s.serial').as('serial'),
    ])
    .groupBy('d.id')
    .orderBy('d.id')
    .limit(limit)
    .execute()
  return rows.map((row) => ({ ...row, listed: null }))
}

function liftedRows(store: Kysely<Tables>) {
  return store
    .selectFrom('devices as d')
    .innerJoin('attestation_serials as s', 's.device_id', 'd.id')
    .where('d.status', '=', 'suspended')
    .where('d.status_reason', 'like', `${listedReason}%`)
    .where('s.handled_at', 'is not', null)
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('attestation_serials as other')
            .innerJoin('status_list as l', 'l.serial', 'other.serial')
            .whereRef('other.device_id', '=', 'd.id')
            .select('l.serial'),
        ),
      ),
    )
}

/** Whether any device rests on a chain whose serial numbers are watched. */
export async function hasAttestedDevices(store: Kysely<Tables>): Promise<boolean> {
  const row = await store
    .selectFrom('attestation_serials')
    .select('serial')
    .limit(1)
    .executeTakeFirst()
  return row !== undefined
}

/** How many devices are brought down by the list, or were. */
export type ListedCount = {
  readonly listed: number
  /** Of those, for how many policy was not carried out yet. */
  readonly waiting: number
  readonly lifted: number
}

export async function countListed(store: Kysely<Tables>): Promise<ListedCount> {
  const { listed, waiting } = await store
    .selectFrom('status_list as l')
    .crossJoin('attestation_serials as s')
    .whereRef('s.serial', '=', 'l.serial')
    .select((column) => [
      column.fn.count<number>('s.device_id').distinct().as('listed'),
      column.fn
        .count<number>('s.device_id')
        .distinct()
        .filterWhere((where) =>
          where.or([
            where('s.handled_at', 'is', null),
            where('s.handled_at', '<', where.ref('l.first_seen_at')),
          ]),
        )
        .as('waiting'),
    ])
    .executeTakeFirstOrThrow()
  const { lifted } = await liftedRows(store)
    .select((column) => column.fn.count<number>('d.id').distinct().as('lifted'))
    .executeTakeFirstOrThrow()
  return { listed, waiting, lifted }
}
