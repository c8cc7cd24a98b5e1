import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { builtInRoots } from '@sallyport/attestation'
import { toPem } from '@sallyport/pki'

/** What publishes roots and the status list of Android Key Attestation, in the place of Google. */
export type TrustPublisher = {
  readonly rootsUrl: string
  readonly statusListUrl: string
  /** It answers with 503. */
  isAway: boolean
  /** Milliseconds that its clock is ahead. */
  aheadMs: number
  /** Publishes a list with these serial numbers, lower-case hex, beside those of strangers. */
  list(...serials: readonly string[]): void
  close(): Promise<void>
}

const roots = JSON.stringify(
  builtInRoots.google.map(({ certificate }) => toPem('CERTIFICATE', certificate.der)),
)
// So many that a list without those of a test is not taken for a damaged one.
const strangers = Array.from({ length: 20 }, (_, index) => `ff00${(0x1000 + index).toString(16)}`)

export async function startTrustPublisher(): Promise<TrustPublisher> {
  let statusList = listOf(strangers)
  const server = createServer((request, response) => {
    request.resume()
    response.setHeader('date', new Date(Date.now() + publisher.aheadMs).toUTCString())
    if (publisher.isAway) response.writeHead(503).end()
    else response.end(request.url === '/root' ? roots : statusList)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const publisher: TrustPublisher = {
    rootsUrl: `${origin}/root`,
    statusListUrl: `${origin}/status`,
    isAway: false,
    aheadMs: 0,
    list: (...serials) => {
      statusList = listOf([...strangers, ...serials])
    },
    close: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
  return publisher
}

function listOf(serials: readonly string[]): string {
  const entry = { status: 'REVOKED', reason: 'KEY_COMPROMISE' }
  return JSON.stringify({ entries: Object.fromEntries(serials.map((serial) => [serial, entry])) })
}
