import type { Kysely } from 'kysely'
import type { AuditRow } from '../audit/audit-log.ts'
import { nameChain } from '../audit/chain.ts'
import { chainHeads, type ChainHead } from '../audit/checkpoint.ts'
import type { Engine } from '../store/engine.ts'
import { readSetting, writeSetting } from '../store/setting.ts'
import type { Tables } from '../store/tables.ts'
import { tryAlone } from '../store/portable/try-alone.ts'
import { notOfLog } from './audit-lines.ts'
import { endAgain, type EndedAgain } from './end-again.ts'
import { LaterRows } from './later-rows.ts'

/** Where the chains of the backup ended, in a store that one was restored to. */
const setting = 'restored_heads'

/** Keeps, in the write that restores a backup and before it appends anything, where its chains end. */
export async function noteHeads(store: Kysely<Tables>): Promise<ChainHead[]> {
  const heads = await chainHeads(store)
  await writeSetting(store, setting, JSON.stringify(heads))
  return heads
}

export type FollowOptions = {
  engine: Engine
  /** Absolute paths: the audit log of what happened after the backup. */
  auditFiles: readonly string[]
  /** The name of the authority: its chain tells of it. */
  chain: string
  now: number
  /** Does all of it, and keeps nothing. */
  isTrial?: boolean
  /** Told of rows that cannot be done again, and why. */
  onTold?: (row: AuditRow, why: string) => void
}

/**
 * Ends again what a log says had ended since the backup that a store was restored from: for a log that was found
 * when the authority was started already. All of it, or nothing.
 *
 * @throws Problem `audit_file_invalid`, `store_unavailable`
 */
export function followLog(options: FollowOptions): Promise<EndedAgain> {
  const { engine, auditFiles, chain, now, isTrial = false, onTold } = options
  return tryAlone(engine, isTrial, async (store) => {
    const text = await readSetting(store, setting)
    if (text === undefined) {
      const expected = 'one that a backup was restored to: sallyport store restore'
      throw notOfLog('The store', expected, 'another one')
    }
    const rows = await LaterRows.open(store, auditFiles, JSON.parse(text) as ChainHead[])
    nameChain(store, chain)
    return endAgain({ store, now, tell: (row, why) => onTold?.(row, why) }, rows)
  })
}
