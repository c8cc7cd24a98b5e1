import { isReportable } from '../feed/reportable.ts'
import { readEpoch } from '../feed/epoch.ts'
import type { UnconfirmedStatusRow } from '../store/tables.ts'
import type { EndingContext, NamedRow } from './ending.ts'

const dayMs = 24 * 3_600_000
/** No certificate is valid for longer (`apps.<app>.certificate.lifetimeDays`). */
const longestCertificateMs = 400 * dayMs

/**
 * Has gateways told what ended of devices and certificates that came after the backup: the registry has no row of
 * them, and a gateway that knew nothing of before would let them in. What can be undone, a suspension, is left for
 * somebody to decide (`sallyport feed unconfirmed`).
 *
 * @returns how many are told to all gateways
 */
export async function keepUnregistered(
  { store, now, tell }: EndingContext,
  rows: readonly NamedRow[],
  { kind, status }: { kind: 'device' | 'certificate'; status: string },
): Promise<number> {
  const isDecided = status !== 'suspended'
  const epoch = await readEpoch(store)
  let kept = 0
  for (const row of rows) {
    const { subject: key, at, chain } = row
    const until = at + longestCertificateMs
    if (!isReportable({ kind, key, status })) {
      tell(row, `no ${kind} has such an id`)
      continue
    }
    if (until <= now) continue
    const unconfirmed: UnconfirmedStatusRow = {
      kind,
      key,
      status,
      until,
      issued_until: null,
      epoch,
      reported_at: now,
      reported_by: chain,
      decision: isDecided ? 'kept' : 'open',
      decided_at: isDecided ? now : null,
      decided_by: isDecided ? 'operator' : null,
      reason: null,
    }
    const before = await store
      .selectFrom('unconfirmed_status')
      .select(['status', 'epoch', 'decision'])
      .where('kind', '=', kind)
      .where('key', '=', key)
      .executeTakeFirst()
    // It was told before, by a log or by a gateway; or somebody let go of it since.
    if (before?.epoch === epoch && (before.status === status || before.decision === 'dropped')) {
      continue
    }
    await store
      .insertInto('unconfirmed_status')
      .values(unconfirmed)
      .onConflict((conflict) => conflict.columns(['kind', 'key']).doUpdateSet(unconfirmed))
      .execute()
    if (isDecided) kept++
    else tell(row, 'it enrolled since, and gateways may refuse it: sallyport feed unconfirmed')
  }
  return kept
}
