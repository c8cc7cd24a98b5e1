import { type HandshakeRecord, newId, type Report } from '@sallyport/wire'
import type { Kysely } from 'kysely'
import { decisionRow } from '../decisions/decision-row.ts'
import { markUsed } from '../devices/authenticate-device.ts'
import type { HandshakeRow, ReceiptRow, Tables } from '../store/tables.ts'

/**
 * Keeps what a gateway reports: how far it is, what it did about changes, what it decided, which
 * handshakes failed. A report that is sent again changes nothing but the time of it.
 */
export async function acceptReport(
  store: Kysely<Tables>,
  gateway: string,
  report: Report,
  now: number,
): Promise<void> {
  const { instance, version, epoch, seq } = report
  await store
    .updateTable('gateways')
    .set((row) => ({
      last_seen_at: now,
      instance,
      version,
      epoch,
      seq,
      dropped: row('dropped', '+', report.dropped),
    }))
    .where('name', '=', gateway)
    .execute()
  const receipts = report.applied.map((applied): ReceiptRow => {
    const { http1, http2, webSocket } = applied.ended
    return {
      seq: applied.seq,
      gateway,
      applied_after_ms: applied.appliedAfterMs,
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
      .values(report.decisions.map((decision) => decisionRow(gateway, decision)))
      .onConflict((conflict) => conflict.doNothing())
      .execute()
  }
  if (report.handshakes.length > 0) {
    const rows = report.handshakes.map((record) => handshakeRow(gateway, record))
    await store.insertInto('handshakes').values(rows).execute()
  }
  await markUsed(store, thumbprintsOf(report), now)
}

/** Not of handshakes that failed: in them nobody proved that the key is held. */
function thumbprintsOf({ decisions, used = [] }: Report): string[] {
  return [...new Set([...used, ...decisions.flatMap(({ thumbprint }) => thumbprint ?? [])])]
}

function handshakeRow(source: string, record: HandshakeRecord): HandshakeRow {
  const { at, address, code } = record
  return { id: newId('handshake'), at, source, address, code, body: JSON.stringify(record) }
}
