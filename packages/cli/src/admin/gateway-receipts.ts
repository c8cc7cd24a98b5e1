import { setTimeout as sleep } from 'node:timers/promises'
import type { ReceiptList } from '@sallyport/authority'
import { momentWords } from '../terminal/span.ts'
import type { AdminClient } from './admin-client.ts'

export type Receipt = ReceiptList['receipts'][number]

/** Three reports of a gateway: one that was not heard for so long is not waited for. */
const silentAfterMs = 15_000
const waitMs = 5_000
const pauseMs = 10

/** What each gateway did about a change: waits up to five seconds for those that are alive. */
export async function awaitReceipts(
  client: AdminClient,
  seq: number,
  now: () => number = Date.now,
): Promise<readonly Receipt[]> {
  const deadline = now() + waitMs
  for (;;) {
    const { receipts } = await client.call('listReceipts', { path: { seq } })
    const isWaitedFor = ({ state, lastSeenAt }: Receipt): boolean =>
      state === 'silent' &&
      // One that never reported may have started just now.
      (lastSeenAt === null || now() - Date.parse(lastSeenAt) < silentAfterMs)
    if (!receipts.some(isWaitedFor) || now() >= deadline) return receipts
    await sleep(pauseMs)
  }
}

/** One line for a gateway. */
export function receiptWords(receipt: Receipt, now: number): string {
  const { gateway, state, appliedAfterMs, ended, lastSeenAt } = receipt
  if (state === 'applied') {
    const { http1 = 0, http2 = 0, webSocket = 0 } = ended ?? {}
    const total = http1 + http2 + webSocket
    const kinds = total === 0 ? '' : ` (h1 ${http1}, h2 ${http2}, websocket ${webSocket})`
    const connections = `${total} ${total === 1 ? 'connection' : 'connections'} ended${kinds}`
    return `${gateway}: applied in ${appliedAfterMs ?? 0} ms, ${connections}`
  }
  if (state === 'snapshot') return `${gateway}: has it from its snapshot`
  if (lastSeenAt === null) return `${gateway}: silent, it never reported`
  return `${gateway}: silent since ${lastSeenAt} (${momentWords(Date.parse(lastSeenAt), now)})`
}

/** What a change comes to over all gateways, in one line. */
export function inForceWords(receipts: readonly Receipt[]): string {
  if (receipts.length === 0) return 'No gateway has ever reported to this authority'
  const told = receipts.filter(({ state }) => state !== 'silent')
  const ended = told.reduce((sum, { ended: { http1 = 0, http2 = 0, webSocket = 0 } = {} }) => {
    return sum + http1 + http2 + webSocket
  }, 0)
  const inForce = `In force at ${count(told.length, 'gateway')}, ${count(ended, 'connection')} ended`
  const silent = receipts.length - told.length
  if (silent === 0) return inForce
  return `${inForce}. ${count(silent, 'silent gateway')} will go on deciding by what was heard last, until heard again`
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`
}
