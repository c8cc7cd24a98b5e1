import { type HandshakeRecord, newId, type Report } from '@sallyport/wire'
import type { Kysely } from 'kysely'
import { decisionRow } from '../decisions/decision-row.ts'
import { noteUse } from '../devices/certificate-use.ts'
import { feedHead } from '../feed/append-change.ts'
import { readEpoch } from '../feed/epoch.ts'
import { recordUnconfirmed } from '../feed/record-unconfirmed.ts'
import { recordBrokenGlass } from '../shadow/record-broken-glass.ts'
import { recordShadow } from '../shadow/record-shadow.ts'
import { keepAssertionKeys } from './assertion-keys.ts'
import type { HandshakeRow, ReceiptRow, Tables } from '../store/tables.ts'

/**
 * Keeps what a gateway reports: how far it is, what it did about changes, what it decided, which
 * handshakes failed. A report that is sent again changes nothing but the time of it. Of another feed,
 * or of changes that were not made, nothing is believed.
 */
export async function acceptReport(
  store: Kysely<Tables>,
  gateway: string,
  report: Report,
  now: number,
): Promise<void> {
  const { instance, version, epoch } = report
  const isOfFeed = epoch === (await readEpoch(store))
  const head = isOfFeed ? await feedHead(store) : 0
  await store
    .updateTable('gateways')
    .set((row) => ({
      last_seen_at: now,
      instance,
      version,
      epoch,
      seq: Math.min(report.seq, head),
      dropped: row('dropped', '+', report.dropped),
      role: report.role ?? null,
      ...(report.blocks === undefined ? {} : { blocks: JSON.stringify(report.blocks) }),
    }))
    .where('name', '=', gateway)
    .execute()
  if (report.assertionKeys !== undefined) {
    await keepAssertionKeys(store, { name: gateway, instance, now }, report.assertionKeys)
  }
  const applied = report.applied.filter((each) => each.seq <= head)
  const receipts = applied.map(({ seq, appliedAfterMs, ended }): ReceiptRow => {
    const { http1, http2, webSocket } = ended
    return {
      seq,
      gateway,
      applied_after_ms: appliedAfterMs,
      http1,
      http2,
      web_socket: webSocket,
      reported_at: now,
    }
  })
  if (receipts.length > 0) {
    await store
      .insertInto('receipts')
      .values(receipts)
      .onConflict((conflict) => conflict.doNothing())
      .execute()
  }
  if (report.decisions.length > 0) {
    await store
      .insertInto('decisions')
      .values(report.decisions.map((decision) => notAhead(decisionRow(gateway, decision), now)))
      .onConflict((conflict) => conflict.doNothing())
      .execute()
  }
  if (report.handshakes.length > 0) {
    const rows = report.handshakes.map((record) => notAhead(handshakeRow(gateway, record), now))
    await store.insertInto('handshakes').values(rows).execute()
  }
  if (report.shadow !== undefined) {
    await recordShadow(store, { gateway, instance, now }, report.shadow)
  }
  if (report.breakGlass !== undefined) {
    await recordBrokenGlass(store, gateway, report.breakGlass, now)
  }
  if (report.unconfirmed !== undefined && isOfFeed) {
    await recordUnconfirmed(store, report.unconfirmed, { gateway, epoch, now })
  }
  await noteUse(store, thumbprintsOf(report), { seenBy: `gateway:${gateway}`, now })
}

/** Not of handshakes that failed: in them nobody proved that the key is held. */
function thumbprintsOf({ decisions, used = [] }: Report): string[] {
  return [...new Set([...used, ...decisions.flatMap(({ thumbprint }) => thumbprint ?? [])])]
}

/** The newest are kept longest: what claims to be of the future would never be forgotten. */
function notAhead<Row extends { at: number }>(row: Row, now: number): Row {
  return { ...row, at: Math.min(row.at, now) }
}

function handshakeRow(source: string, record: HandshakeRecord): HandshakeRow {
  const { at, address, code } = record
  return { id: newId('handshake'), at, source, address, code, body: JSON.stringify(record) }
}
