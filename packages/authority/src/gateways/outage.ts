import type { Kysely } from 'kysely'
import type { GatewayRow, Tables } from '../store/tables.ts'

const hourMs = 3_600_000
/** One that was not heard of for a day carries nobody. */
const heardMs = 24 * hourMs

type Row = Pick<GatewayRow, 'name' | 'status' | 'role' | 'last_seen_at' | 'revoked_at'>

/**
 * Why the revocation of a gateway takes two people: of those that served within the hour fewer than half would be left,
 * or none. One that was stolen is revoked by whoever is there; nobody alone ends the service. What keeps the lists of
 * another proxy stands in for no gateway; since each says itself what it is, it gains nothing by it.
 *
 * @returns undefined where it takes one
 */
export async function whyOutage(
  store: Kysely<Tables>,
  { name, now }: { name: string; now: number },
): Promise<string | undefined> {
  const all = await store
    .selectFrom('gateways')
    .select(['name', 'status', 'role', 'last_seen_at', 'revoked_at'])
    .execute()
  const carrying = all.filter(({ role }) => role === null)
  return whyAmong(all, { name, now }) ?? whyAmong(carrying, { name, now })
}

function whyAmong(
  rows: readonly Row[],
  { name, now }: { name: string; now: number },
): string | undefined {
  const serving = servingOf(rows, now)
  if (!serving.some((row) => row.name === name)) return undefined
  const revoked = rows.filter(({ revoked_at: at }) => at !== null && at > now - hourMs).length
  const [left, before] = [serving.length - 1, serving.length + revoked]
  if (left * 2 >= before) return undefined
  if (left === 0) return `${name} is the last gateway that serves`
  return `it would leave ${left} of ${before} gateways that served within the hour`
}

/** Within an hour of whichever was heard last: while no authority ran, none was heard. */
function servingOf(rows: readonly Row[], now: number): Row[] {
  const heard = rows.filter(({ status }) => status === 'active')
  const last = Math.max(...heard.map((row) => row.last_seen_at ?? 0))
  const since = Math.max(now - heardMs, last - hourMs)
  return heard.filter(({ last_seen_at: seenAt }) => seenAt !== null && seenAt > since)
}
