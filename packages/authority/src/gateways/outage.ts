import type { Kysely } from 'kysely'
import type { GatewayRow, Tables } from '../store/tables.ts'

/** One that was not heard of for a day carries nobody. */
const servesMs = 24 * 3_600_000
const hourMs = 3_600_000

/**
 * Why the revocation of a gateway takes two people: of those that served within the hour fewer than half would
 * be left, or none. One that was stolen is revoked by whoever is there; nobody alone ends the service.
 *
 * @returns undefined where it takes one
 */
export async function whyOutage(
  store: Kysely<Tables>,
  { name, now }: { name: string; now: number },
): Promise<string | undefined> {
  const rows = await store
    .selectFrom('gateways')
    .select(['name', 'status', 'last_seen_at', 'revoked_at'])
    .execute()
  const serving = rows.filter((row) => isServing(row, now))
  if (!serving.some((row) => row.name === name)) return undefined
  const revoked = rows.filter(({ revoked_at: at }) => at !== null && at > now - hourMs).length
  const [left, before] = [serving.length - 1, serving.length + revoked]
  if (left * 2 >= before) return undefined
  if (left === 0) return `${name} is the last gateway that serves`
  return `it would leave ${left} of ${before} gateways that served within the hour`
}

function isServing(
  { status, last_seen_at: seenAt }: Pick<GatewayRow, 'status' | 'last_seen_at'>,
  now: number,
): boolean {
  return status === 'active' && seenAt !== null && seenAt > now - servesMs
}
