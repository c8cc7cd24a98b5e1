import type { Kysely } from 'kysely'
import type { Engine } from '../engine.ts'
import type { Tables } from '../tables.ts'

/**
 * Does a piece of work in one transaction, alone: all of it, or nothing; and in a trial nothing, however it went.
 *
 * @throws what the work throws; Problem `store_unavailable`
 */
export async function tryAlone<T>(
  engine: Engine,
  isTrial: boolean,
  work: (store: Kysely<Tables>) => Promise<T>,
): Promise<T> {
  let done: { result: T } | undefined
  try {
    await engine.alone(async (store) => {
      const result = await work(store)
      done = { result }
      if (isTrial) throw new Error('a trial keeps nothing')
    })
  } catch (error) {
    if (!isTrial || done === undefined) throw error
  }
  if (done === undefined) throw new TypeError('The work was not done')
  // What it deleted is to be in no file.
  await engine.scrub()
  return done.result
}
