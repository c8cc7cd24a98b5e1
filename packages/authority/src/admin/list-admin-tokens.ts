import type { Kysely } from 'kysely'
import { cursorOf, type Page, type PageOrder, readPage } from '../store/page.ts'
import type { AdminTokenRow, Tables } from '../store/tables.ts'
import { isWithinApps } from './admin-token.ts'

/** What ended is listed for so long. */
const listedAfterEndMs = 90 * 86_400_000
/** So many are looked at for one that narrows its caller to apps, whose tokens may be few among them. */
const rowsAtOnce = 500
const order = { time: 'created_at', id: 'id', direction: 'desc' } as const

/**
 * A page of admin tokens and sessions, newest first.
 *
 * @param apps what the caller is narrowed to: it sees those that are within them
 * @throws Problem `message_malformed` where the cursor is none of ours
 */
export async function listAdminTokens(
  store: Kysely<Tables>,
  { apps, now }: { apps: readonly string[] | undefined; now: number },
  { cursor, limit = 100 }: PageOrder,
): Promise<Page<AdminTokenRow>> {
  const listed = store
    .selectFrom('admin_tokens')
    .selectAll()
    .where('expires_at', '>', now - listedAfterEndMs)
  if (apps === undefined) return readPage(listed, order, { cursor, limit })
  const rows: AdminTokenRow[] = []
  let next = cursor
  do {
    const page = await readPage(listed, order, { cursor: next, limit: rowsAtOnce })
    rows.push(...page.rows.filter((row) => isWithinApps(row, apps)))
    next = page.nextCursor
  } while (next !== undefined && rows.length <= limit)
  const shown = rows.slice(0, limit)
  const last = rows.length > limit ? shown.at(-1) : undefined
  return { rows: shown, nextCursor: last === undefined ? undefined : cursorOf(last, order) }
}
