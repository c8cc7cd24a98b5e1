import { type DeviceSketch, emptySketch, mergeSketch } from '@sallyport/wire'
import type { Kysely } from 'kysely'
import type { ShadowCountRow, Tables } from '../store/tables.ts'

export type ShadowOrder = {
  /** Milliseconds; whole hours are counted. */
  readonly since: number
  readonly route: string | undefined
  readonly stage: string | undefined
  /** Of these alone. */
  readonly appIds: readonly string[] | undefined
}

/** What some requests, and about which devices, they were. */
export type Counted = { requests: number; readonly devices: DeviceSketch }

/** Of one route, stage and reason: what would have been refused, and what it is measured by. */
export type ShadowReason = {
  readonly host: string
  readonly route: string
  readonly stage: string
  readonly code: string
  readonly refused: Counted
  /** All requests of the route; undefined where they were not counted. */
  readonly all: Counted | undefined
  readonly versions: readonly ShadowVersion[]
}

export type ShadowVersion = {
  readonly appId: string
  readonly platform: string
  readonly appVersion: string
  readonly refused: Counted
  readonly all: Counted | undefined
}

/** Rows that are read at most; a deployment with more asks for a shorter time, or one route. */
const maxRows = 200_000

/** What stages in mode shadow would have refused, most requests first. */
export async function shadowReport(
  store: Kysely<Tables>,
  { since, route, stage, appIds }: ShadowOrder,
): Promise<{ reasons: ShadowReason[]; isTruncated: boolean }> {
  let query = store.selectFrom('shadow_counts').selectAll().where('hour', '>=', since)
  if (route !== undefined) query = query.where('route', '=', route)
  if (stage !== undefined) query = query.where('stage', 'in', [stage, ''])
  if (appIds !== undefined) query = query.where('app_id', 'in', appIds)
  const rows = await query.orderBy('hour', 'desc').limit(maxRows).execute()
  const counts = new Counts()
  for (const row of rows) counts.add(row)
  return { reasons: counts.reasons(), isTruncated: rows.length === maxRows }
}

/** Rows put together twice: by route and reason, and by version of the app within. */
class Counts {
  readonly #reasons = new Map<string, ShadowCountRow>()
  readonly #counted = new Map<string, Counted>()
  readonly #versions = new Map<string, Map<string, ShadowCountRow>>()

  add(row: ShadowCountRow): void {
    const reason = reasonKey(row)
    const version = versionKey(row)
    this.#count(reason, row)
    this.#count(`${reason}\n${version}`, row)
    if (row.stage === '') return
    this.#reasons.set(reason, row)
    const versions = this.#versions.get(reason) ?? new Map<string, ShadowCountRow>()
    this.#versions.set(reason, versions.set(version, row))
  }

  reasons(): ShadowReason[] {
    return [...this.#reasons]
      .map(([key, row]): ShadowReason => {
        const { host, route, stage, code } = row
        return {
          host,
          route,
          stage,
          code,
          refused: this.#of(key),
          all: this.#counted.get(reasonKey({ host, route, stage: '', code: '' })),
          versions: this.#versionsOf(key),
        }
      })
      .toSorted(byRequests)
  }

  #versionsOf(reason: string): ShadowVersion[] {
    return [...(this.#versions.get(reason) ?? [])]
      .map(([version, { host, route, app_id: appId, platform, app_version: appVersion }]) => ({
        appId,
        platform,
        appVersion,
        refused: this.#of(`${reason}\n${version}`),
        all: this.#counted.get(`${reasonKey({ host, route, stage: '', code: '' })}\n${version}`),
      }))
      .toSorted(byRequests)
  }

  #of(key: string): Counted {
    return this.#counted.get(key) ?? { requests: 0, devices: emptySketch() }
  }

  #count(key: string, { requests, devices }: ShadowCountRow): void {
    const known = this.#counted.get(key) ?? { requests: 0, devices: emptySketch() }
    known.requests += requests
    mergeSketch(known.devices, devices)
    this.#counted.set(key, known)
  }
}

function reasonKey(row: Pick<ShadowCountRow, 'host' | 'route' | 'stage' | 'code'>): string {
  return `${row.host}\n${row.route}\n${row.stage}\n${row.code}`
}

function versionKey(row: ShadowCountRow): string {
  return `${row.app_id}\n${row.platform}\n${row.app_version}`
}

function byRequests(one: { refused: Counted }, other: { refused: Counted }): number {
  return other.refused.requests - one.refused.requests
}
