import { randomBytes } from 'node:crypto'
import { Problem } from '@sallyport/problem'
import { newId } from '@sallyport/wire'
import type { Kysely } from 'kysely'
import type { Store } from './store.ts'
import type { Tables } from './tables.ts'

/** What a store is of: made once, the same for every authority over it. */
export type Settings = { epoch: string; trustDomain: string; challengeKey: Buffer }

export async function writeSettings(store: Kysely<Tables>, trustDomain: string): Promise<void> {
  await store
    .insertInto('settings')
    .values([
      { name: 'epoch', value: newId('epoch') },
      { name: 'trust_domain', value: trustDomain },
      { name: 'challenge_key', value: randomBytes(32).toString('base64url') },
    ])
    .execute()
}

/** Undefined where the store was never initialized, or not to the end. */
export async function readSettings(store: Kysely<Tables>): Promise<Settings | undefined> {
  const rows = await store.selectFrom('settings').selectAll().execute()
  const values = new Map(rows.map(({ name, value }) => [name, value]))
  const epoch = values.get('epoch')
  const trustDomain = values.get('trust_domain')
  const challengeKey = values.get('challenge_key')
  if (epoch === undefined || trustDomain === undefined || challengeKey === undefined) {
    return undefined
  }
  return { epoch, trustDomain, challengeKey: Buffer.from(challengeKey, 'base64url') }
}

/**
 * The settings of a store that was initialized for a trust domain.
 *
 * @throws Problem `config_invalid`
 */
export async function requireSettings(store: Store, trustDomain: string): Promise<Settings> {
  const settings = await readSettings(store.read)
  if (settings === undefined) {
    throw new Problem('config_invalid', {
      detail: 'The store was never initialized: run `sallyport init`',
    })
  }
  if (settings.trustDomain !== trustDomain) {
    throw new Problem('config_invalid', {
      detail: 'The store belongs to another trust domain',
      expected: settings.trustDomain,
      found: trustDomain,
    })
  }
  return settings
}
