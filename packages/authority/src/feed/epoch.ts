import { newId } from '@sallyport/wire'
import type { Kysely } from 'kysely'
import { appendAudit } from '../audit/audit-log.ts'
import { changed, unchanged } from '../audit/change.ts'
import type { Authority } from '../authority.ts'
import { readSetting, writeSetting } from '../store/setting.ts'
import type { Tables } from '../store/tables.ts'
import { feedHead } from './append-change.ts'
import { changeMark } from './change-mark.ts'
import { noteRestart, recentRestarts, weighRestart } from './restart-budget.ts'

/** A gateway that lies about its number makes no more work than this. */
const leastMs = 60_000

/** The last number that a gateway applied, and of which feed. */
export type FeedPosition = {
  gateway: string
  epoch: string
  seq: number
  /** Of that change, `changeMark`; empty or undefined where the gateway does not know. */
  mark?: string | undefined
}

export async function readEpoch(store: Kysely<Tables>): Promise<string> {
  const row = await store
    .selectFrom('settings')
    .select('value')
    .where('name', '=', 'epoch')
    .executeTakeFirstOrThrow()
  return row.value
}

/**
 * Begins a new epoch where a gateway has heard more of this feed than there is, or another change under the
 * same number: the store went back, since a backup of it was restored. Numbers are given out a second time, so
 * that a gateway which goes on from its own would take other changes for those it missed. In a new epoch each
 * begins with a snapshot. That is the word of one gateway: over it no more begin in a day than `weighRestart` lets.
 */
export async function refuseRollback(authority: Authority, position: FeedPosition): Promise<void> {
  const { store, log, feed, metrics } = authority
  const { gateway, seq } = position
  if (position.epoch !== authority.epoch || !(await isForked(store.read, position))) return
  if (weighRestart(await recentRestarts(store.read, authority.now()), gateway) === 'pass') return
  const came = await store.write((tx) => beginEpoch(tx, position, authority.now()))
  if (came === undefined) return
  const { head, isRefused } = came
  if (isRefused) {
    metrics.count(
      'sallyport_authority_feed_epochs_refused_total',
      'Gateways that said too often that the store went back',
      {},
    )
    log.error(
      { gateway, seq, head },
      'A GATEWAY SAYS TOO OFTEN THAT THE STORE WENT BACK: no new epoch begins over its word today. Unless a backup was restored by hand, somebody else has it: see `sallyport gateways revoke`',
    )
    return
  }
  metrics.count(
    'sallyport_authority_feed_epochs_total',
    'Feeds begun because the store went back',
    {},
  )
  log.error(
    { gateway, seq, head },
    'THE STORE WENT BACK: a gateway has heard what this store does not hold. Certificates and revocations since the backup are missing here; gateways keep what they know. A new epoch begins: see `sallyport feed unconfirmed`',
  )
  await feed.refresh()
}

/** Whether what a gateway heard last is none of the changes here. */
async function isForked(store: Kysely<Tables>, { seq, mark }: FeedPosition): Promise<boolean> {
  if (seq > (await feedHead(store))) return true
  if (mark === undefined || mark === '') return false
  const here = await changeMark(store, seq)
  return here !== '' && here !== mark
}

/** Gives the feed another name: whoever followed it begins with a snapshot, and keeps what it knows besides. */
export async function openEpoch(
  store: Kysely<Tables>,
  now: number,
): Promise<{ before: string; next: string }> {
  const before = await readEpoch(store)
  const next = newId('epoch')
  await writeSetting(store, 'epoch', next)
  await writeSetting(store, 'epoch_began_at', String(now))
  // What they applied was of the feed before.
  await store.updateTable('gateways').set({ seq: 0, unconfirmed: null }).execute()
  return { before, next }
}

/** @returns the end of the feed, where an epoch began there or was refused to; undefined where there is nothing to tell */
async function beginEpoch(
  store: Kysely<Tables>,
  position: FeedPosition,
  now: number,
): Promise<{ head: number; isRefused: boolean } | undefined> {
  const { gateway, epoch, seq } = position
  const head = await feedHead(store)
  if ((await readEpoch(store)) !== epoch || !(await isForked(store, position))) return undefined
  const began = await readSetting(store, 'epoch_began_at')
  if (began !== undefined && Math.abs(now - Number(began)) < leastMs) return undefined
  const restarts = await recentRestarts(store, now)
  const verdict = weighRestart(restarts, gateway)
  if (verdict === 'pass') return undefined
  const isRefused = verdict === 'refuse'
  await noteRestart(store, restarts, { gateway, at: now, isRefused })
  const told = { at: now, actor: `gateway:${gateway}` }
  if (isRefused) {
    const detail = { head, reported: seq, ...unchanged }
    await appendAudit(store, { ...told, action: 'feed.restart-refused', subject: epoch, detail })
    return { head, isRefused }
  }
  const { next } = await openEpoch(store, now)
  const detail = { head, reported: seq, ...changed({ epoch }, { epoch: next }) }
  await appendAudit(store, { ...told, action: 'feed.restarted', subject: next, detail })
  return { head, isRefused }
}
