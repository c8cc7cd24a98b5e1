import { once } from 'node:events'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { Problem } from '@sallyport/problem'

/** A redirect target on this machine, for one answer (RFC 8252 §7.3). */
export type LoopbackRedirect = {
  readonly uri: string
  /** The address that the browser came back to. */
  answer(): Promise<URL>
  close(): void
}

const waitMs = 5 * 60_000
const done =
  '<!doctype html><meta charset="utf-8"><title>Sallyport</title><p>You can close this page, and go on in the terminal.'

/** Listens on a port that the system chooses: no other program can be waiting there (RFC 8252 §8.3). */
export async function loopbackRedirect(): Promise<LoopbackRedirect> {
  const { promise, resolve, reject } = Promise.withResolvers<URL>()
  const server = http.createServer((request, response) => {
    const url = new URL(request.url ?? '/', uri)
    response.setHeader('connection', 'close')
    // A browser also asks for an icon; only the answer ends the waiting.
    if (request.method !== 'GET' || url.pathname !== '/callback') {
      response.writeHead(404).end()
      return
    }
    response.writeHead(200, { 'content-type': 'text/html', 'cache-control': 'no-store' }).end(done)
    resolve(url)
  })
  server.maxHeadersCount = 100
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const uri = `http://127.0.0.1:${(server.address() as AddressInfo).port}/callback`
  const timer = setTimeout(
    () =>
      reject(
        new Problem('sign_in_refused', { expected: 'a sign-in within 5 minutes', found: 'none' }),
      ),
    waitMs,
  )
  // Whoever waits is told; where nobody waits yet, it is no unhandled rejection.
  promise.catch(() => undefined)
  return {
    uri,
    answer: () => promise,
    close() {
      clearTimeout(timer)
      server.close()
      server.closeAllConnections()
    },
  }
}
