import type { DecisionRecord, HandshakeRecord } from '@sallyport/wire'
import type { Kysely } from 'kysely'
import { type Page, type PageOrder, readPage } from '../store/page.ts'
import type { Tables } from '../store/tables.ts'

/** A decision, and who made it: the name of a gateway, or `authority`. */
export type FoundDecision = { source: string; decision: DecisionRecord }
export type FoundHandshake = { source: string; handshake: HandshakeRecord }

const supportCodeForm = /^([a-z2-7]{4})-?([a-z2-7]{4})$/i
const maxFound = 20

/**
 * Decisions by request id, or by the short code that a person reads out (with or without its hyphen,
 * in any case): newest first, since a short code can stand for several.
 */
export async function findDecisions(
  store: Kysely<Tables>,
  requestIdOrSupportCode: string,
): Promise<FoundDecision[]> {
  const code = supportCodeForm.exec(requestIdOrSupportCode)
  const query = store.selectFrom('decisions').select(['source', 'body'])
  const rows = await (code === null
    ? query.where('request_id', '=', requestIdOrSupportCode)
    : query.where('support_code', '=', `${code[1]}-${code[2]}`.toUpperCase())
  )
    .orderBy('at', 'desc')
    .limit(maxFound)
    .execute()
  return rows.map(({ source, body }) => ({ source, decision: JSON.parse(body) as DecisionRecord }))
}

/** A page of failed handshakes of an address since a time, newest first. */
export async function findHandshakes(
  store: Kysely<Tables>,
  filter: { address?: string | undefined; since: number },
  order: PageOrder,
): Promise<Page<FoundHandshake>> {
  let query = store.selectFrom('handshakes').select(['id', 'at', 'source', 'body'])
  if (filter.address !== undefined) query = query.where('address', '=', filter.address)
  const since = query.where('at', '>=', filter.since)
  const newestFirst = { time: 'at', id: 'id', direction: 'desc' } as const
  const { rows, nextCursor } = await readPage(since, newestFirst, order)
  const found = rows.map(({ source, body }) => ({
    source,
    handshake: JSON.parse(body) as HandshakeRecord,
  }))
  return { rows: found, nextCursor }
}
