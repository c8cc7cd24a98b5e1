import type { EndedKind } from '@sallyport/wire'
import { isReportable } from '../feed/reportable.ts'
import { endTokens, findInvalidation, type Invalidation } from '../sessions/invalidation.ts'
import type { InvalidationRow } from '../store/tables.ts'
import { after, type Ending, type NamedRow, operator, reasonOf } from './ending.ts'

const dayMs = 24 * 3_600_000
/** As long as a token that nobody verified is remembered. */
const longestMs = 400 * dayMs

/** Ends access tokens as they had ended. What the row does not say, it had in common with what was known before. */
export function endTokensAgain(kind: EndedKind): Ending {
  return async (context, rows) => {
    let ended = 0
    for (const row of rows) {
      if (!isReportable({ kind, key: row.subject, status: 'ended' })) {
        context.tell(row, 'no token has such a key')
        continue
      }
      const known = await findInvalidation(context.store, kind, row.subject)
      const invalidation = invalidationOf(row, kind, known)
      if (invalidation.until <= context.now) continue
      const by = { actor: operator, reason: reasonOf(row), now: context.now }
      const { rows: now } = await endTokens(context.store, [invalidation], by)
      if (now[0]?.seq !== known?.seq) ended++
    }
    return ended
  }
}

function invalidationOf(
  row: NamedRow,
  kind: EndedKind,
  known: InvalidationRow | undefined,
): Invalidation {
  const { subject: key, at, detail } = row
  const until = after(row, 'until')
  const latest = at + longestMs
  const issued = after(row, 'issuedUntil')
  const isByTime = kind === 'subject' || kind === 'deviceTokens'
  return {
    kind,
    key,
    issuer: typeof detail['issuer'] === 'string' ? detail['issuer'] : null,
    issuedUntil: isByTime ? timeOf(issued, known?.issued_until ?? at) : null,
    until: Math.min(timeOf(until, known?.until ?? latest), latest),
  }
}

function timeOf(value: unknown, otherwise: number): number {
  return typeof value === 'number' && Number.isSafeInteger(value) ? value : otherwise
}
