import { type Kysely, sql } from 'kysely'
import type { Authority } from '../authority.ts'
import type { AuthorityConfig } from '../config/authority-config.ts'
import { readAdmission } from '../enrollment/admission.ts'
import type { ApprovalRow, Tables } from '../store/tables.ts'
import type { User } from '../users/admit-user.ts'
import { hashedPrefix, maxUsersAtOnce } from './user-names.ts'

type Part = Pick<Authority, 'store' | 'userNames' | 'log'>
type Named = User & { name: string }

/** Before the first request: the users of an app, the key that they are named with, and rows of before. */
export async function prepareUsers(part: Part, config: AuthorityConfig): Promise<void> {
  if (config.authority.privacy.users === 'plain') return
  const hasUsers = Object.values(config.apps).some(
    ({ enrollment }) => enrollment.user.mode !== 'none',
  )
  // A key that is not there is told now, and not to the first phone.
  if (hasUsers) await part.userNames.ready()
  await hashStoredUsers(part)
}

/**
 * Hashes the users that rows have in plain text: of before users were hashed, or of a time when they were not
 * to be. What the audit log of that time holds beside it is forgotten: its commitment is to another text.
 *
 * @returns how many users there were
 */
export async function hashStoredUsers(part: Part): Promise<number> {
  const { store, userNames, log } = part
  let count = 0
  for (;;) {
    const users = await plainUsers(store.read)
    if (users.length === 0) break
    const hashes = await userNames.hashed(users)
    const named = users.map((user, index) => ({ ...user, name: hashes[index] ?? '' }))
    await store.write((tx) => nameAll(tx, named))
    count += users.length
  }
  if (count > 0) log.info({ users: count }, 'users were hashed that were stored in plain text')
  return count
}

// Not `like`, which SQLite takes for whatever case.
const isPlain = sql<boolean>`substr(user_subject, 1, ${sql.lit(hashedPrefix.length)}) <> ${hashedPrefix}`

async function plainUsers(store: Kysely<Tables>): Promise<User[]> {
  const found: User[] = []
  for (const table of ['devices', 'approvals'] as const) {
    const rows = await store
      .selectFrom(table)
      .select(['user_provider', 'user_subject'])
      .distinct()
      .where(isPlain)
      .limit(maxUsersAtOnce / 2)
      .execute()
    for (const { user_provider, user_subject } of rows) {
      found.push({ provider: user_provider ?? '', subject: user_subject ?? '' })
    }
  }
  return found
}

async function nameAll(tx: Kysely<Tables>, users: readonly Named[]): Promise<void> {
  for (const user of users) {
    const { provider, subject, name } = user
    const plain = { user_provider: provider, user_subject: subject }
    await tx
      .updateTable('devices')
      .set({ user_subject: name })
      .where((row) => row.and(plain))
      .execute()
    const waiting = await tx
      .selectFrom('approvals')
      .select(['id', 'admission'])
      .where((row) => row.and(plain))
      .execute()
    for (const approval of waiting) {
      const changed = { user_subject: name, admission: namedIn(approval, user) }
      await tx.updateTable('approvals').set(changed).where('id', '=', approval.id).execute()
    }
    await tx
      .deleteFrom('personal_values')
      .where('kind', '=', 'user')
      .where('value', '=', subject)
      .execute()
  }
}

/** The admission that is kept while approval is waited for says whose device it will be. */
function namedIn({ admission }: Pick<ApprovalRow, 'admission'>, { provider, name }: Named): string {
  const read = readAdmission(admission)
  if (read.claimant?.user === undefined) return admission
  const claimant = { ...read.claimant, user: { provider, subject: name } }
  return JSON.stringify({ ...read, claimant })
}
