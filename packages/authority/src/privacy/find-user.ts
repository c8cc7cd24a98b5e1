import type { Kysely } from 'kysely'
import type { Authority } from '../authority.ts'
import type { Tables } from '../store/tables.ts'
import type { User } from '../users/admit-user.ts'
import { maxUsersAtOnce } from './user-names.ts'

type Part = Pick<Authority, 'store' | 'userNames' | 'config'>

/** A user by the keyed hash, which no proposal and no log tells anybody anything by. */
export type FoundUser = {
  /** `hashed:…` */
  readonly id: string
  readonly provider: string
  readonly devices: number
  readonly approvals: number
  readonly forgottenAt: number | null
}

/** Who a subject is, of one provider or of any. Of nobody known there are no devices. */
export async function findUsers(
  { store, userNames, config }: Part,
  { subject, provider }: { subject: string; provider: string | undefined },
): Promise<FoundUser[]> {
  const providers = provider === undefined ? Object.keys(config.identityProviders) : [provider]
  if (providers.length === 0) return []
  const users = providers.map((name) => ({ provider: name, subject }))
  const ids = await userNames.hashed(users)
  return Promise.all(
    users.map(async (user, index): Promise<FoundUser> => {
      const id = ids[index] ?? ''
      const forgotten = await store.read
        .selectFrom('forgotten_users')
        .selectAll()
        .where('id', '=', id)
        .executeTakeFirst()
      return {
        id,
        provider: user.provider,
        devices: await count(store.read, 'devices', [id, subject], user.provider),
        approvals: await count(store.read, 'approvals', [id, subject], user.provider),
        forgottenAt: forgotten?.forgotten_at ?? null,
      }
    }),
  )
}

async function count(
  store: Kysely<Tables>,
  table: 'devices' | 'approvals',
  subjects: readonly string[],
  provider: string,
): Promise<number> {
  const { rows } = await store
    .selectFrom(table)
    .select((column) => column.fn.countAll<number>().as('rows'))
    .where('user_subject', 'in', subjects)
    .where('user_provider', '=', provider)
    .executeTakeFirstOrThrow()
  return Number(rows)
}

/** A user as rows have them: for `where`. */
export type StoredForm = { readonly user_subject: string; readonly user_provider?: string }

/**
 * All that a user is stored as: the id, and where users are in plain text the subject that it is the hash of, with
 * its provider: somebody else has the same one at another.
 */
export async function storedForms(part: Part, id: string): Promise<StoredForm[]> {
  const hashed = { user_subject: id }
  if (part.config.authority.privacy.users === 'hashed') return [hashed]
  const plain = await plainForm(part, id)
  if (plain === undefined) return [hashed]
  return [hashed, { user_subject: plain.subject, user_provider: plain.provider }]
}

async function plainForm({ store, userNames }: Part, id: string): Promise<User | undefined> {
  for (const table of ['devices', 'approvals'] as const) {
    for (let offset = 0; ; offset += maxUsersAtOnce) {
      const users = await plainUsers(store.read, table, offset)
      if (users.length === 0) break
      const index = (await userNames.hashed(users)).indexOf(id)
      if (index >= 0) return users[index]
    }
  }
  return undefined
}

async function plainUsers(
  store: Kysely<Tables>,
  table: 'devices' | 'approvals',
  offset: number,
): Promise<User[]> {
  const rows = await store
    .selectFrom(table)
    .select(['user_provider', 'user_subject'])
    .distinct()
    .where('user_subject', 'is not', null)
    .orderBy('user_subject')
    .orderBy('user_provider')
    .limit(maxUsersAtOnce)
    .offset(offset)
    .execute()
  return rows.map((row) => ({
    provider: row.user_provider ?? '',
    subject: row.user_subject ?? '',
  }))
}
