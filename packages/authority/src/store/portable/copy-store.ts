import { Problem } from '@sallyport/problem'
import type { Kysely } from 'kysely'
import type { Engine } from '../engine.ts'
import { migrationState } from '../migrations.ts'
import type { Tables } from '../tables.ts'
import { filled, insertRows, makeTables, migrateFilled, refuseFilled } from './fill-store.ts'

export type CopyOptions = {
  from: Engine
  /** An empty one. */
  to: Engine
  onProgress?: (rows: number) => void
}

/**
 * Copies a store to an empty one, of another engine or of the same: the epoch of the feed goes on, and so
 * does everything else. Nobody writes to it meanwhile; what is written to it later is not in the copy.
 *
 * @returns how many rows were copied
 * @throws Problem `store_not_empty`, `store_unavailable`; `config_invalid` where there is nothing to copy
 */
export async function copyStore({ from, to, onProgress }: CopyOptions): Promise<number> {
  const { done } = await migrationState(from)
  if (done.length === 0) {
    throw new Problem('config_invalid', {
      detail: 'The store was never initialized: run `sallyport init`',
    })
  }
  // Before anything waits for it: it may be the very store that is copied.
  await to.snapshotRead(async (target) => {
    if (await to.hasTable('settings')) await refuseFilled(target)
  })
  let rows = 0
  const copyTo = async (source: Kysely<Tables>, target: Kysely<Tables>) => {
    rows = 0
    await makeTables(to, target, done)
    const known = new Map((await to.tables(target)).map((table) => [table.name, table]))
    for (const table of filled(await from.tables(source))) {
      if (table.name === 'leases' || !known.has(table.name)) continue
      for await (const some of from.rows(source, table)) {
        await insertRows(target, table, some)
        rows += some.length
        onProgress?.(rows)
      }
    }
    await migrateFilled(target, done)
  }
  await from.alone((source) => to.alone((target) => copyTo(source, target)))
  return rows
}
