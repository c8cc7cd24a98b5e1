import type { Kysely } from 'kysely'
import { readSetting, writeSetting } from '../store/setting.ts'
import type { Tables } from '../store/tables.ts'

/** A gateway said that the store went back. */
export type Restart = {
  readonly gateway: string
  /** Milliseconds. */
  readonly at: number
  /** Whether no epoch began over it. */
  readonly isRefused: boolean
}

const setting = 'feed_restarts'
const dayMs = 24 * 3_600_000
/** In a day. A store is restored once; one gateway that lies has all others take no more snapshots than this. */
const most = { ofOne: 2, ofAll: 6 } as const

/** Those of the last day, oldest first; of each gateway that was refused one. */
export async function recentRestarts(store: Kysely<Tables>, now: number): Promise<Restart[]> {
  const text = await readSetting(store, setting)
  // Written by us.
  const all = text === undefined ? [] : (JSON.parse(text) as Restart[])
  // A clock that was set back makes nothing older.
  return all.filter(({ at }) => Math.abs(now - at) < dayMs)
}

/** What a gateway may have begun over its word: a new epoch, nothing, or nothing that is told of again. */
export function weighRestart(
  restarts: readonly Restart[],
  gateway: string,
): 'begin' | 'refuse' | 'pass' {
  const begun = restarts.filter(({ isRefused }) => !isRefused)
  const own = begun.filter((restart) => restart.gateway === gateway)
  if (own.length < most.ofOne && begun.length < most.ofAll) return 'begin'
  const isTold = restarts.some((restart) => restart.isRefused && restart.gateway === gateway)
  return isTold ? 'pass' : 'refuse'
}

export async function noteRestart(
  store: Kysely<Tables>,
  restarts: readonly Restart[],
  restart: Restart,
): Promise<void> {
  await writeSetting(store, setting, JSON.stringify([...restarts, restart]))
}
