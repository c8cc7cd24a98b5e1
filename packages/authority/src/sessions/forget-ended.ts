import type { DeleteResult, Kysely } from 'kysely'
import type { Tables } from '../store/tables.ts'

const maxForgottenPerRound = 5_000

/** Forgets what no token can be in date for any more, each so many rows at once. */
export const forgetEnded: readonly ((
  store: Kysely<Tables>,
  now: number,
) => Promise<DeleteResult>)[] = [
  (store, now) =>
    store
      .deleteFrom('invalidations')
      .where('seq', 'in', (rows) =>
        rows
          .selectFrom('invalidations')
          .select('seq')
          .where('until', '<', now)
          .limit(maxForgottenPerRound),
      )
      .executeTakeFirst(),
  (store, now) =>
    store
      .deleteFrom('used_logout_tokens')
      .where('key', 'in', (rows) =>
        rows
          .selectFrom('used_logout_tokens')
          .select('key')
          .where('keep_until', '<', now)
          .limit(maxForgottenPerRound),
      )
      .executeTakeFirst(),
  (store, now) =>
    store
      .deleteFrom('exchanged_sessions')
      .where('key', 'in', (rows) =>
        rows
          .selectFrom('exchanged_sessions')
          .select('key')
          .where('keep_until', '<', now)
          .limit(maxForgottenPerRound),
      )
      .executeTakeFirst(),
]
