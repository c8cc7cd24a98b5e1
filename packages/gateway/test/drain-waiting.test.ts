import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { closed, connect, eventually } from './support/client.ts'
import { route, startBed } from './support/gateway.ts'
import { audience } from './support/identity-provider.ts'

const host = 'api.example.com'

test('a gateway that ends waits for no provider, no content, and no endless answer', {
  timeout: 20_000,
}, async (t) => {
  let asked = 0
  const provider = createServer(() => void asked++)
  provider.listen(0, '127.0.0.1')
  await once(provider, 'listening')
  const directory = await mkdtemp(path.join(tmpdir(), 'sallyport-drain-'))
  const clientSecretFile = path.join(directory, 'secret')
  await writeFile(clientSecretFile, 's3cret')
  t.after(async () => {
    provider.closeAllConnections()
    provider.close()
    await rm(directory, { recursive: true })
  })
  const issuer = `http://127.0.0.1:${(provider.address() as AddressInfo).port}`
  const url = `${issuer}/ask`
  const introspection = { clientId: 'gateway', clientSecretFile, timeoutMs: 8_000, url }
  const rules = [{ name: 'account', key: { body: '/name' }, limit: 5, per: '1h' }]
  const bed = await startBed(t, {
    hosts: {
      [host]: {
        clientCertificate: 'off',
        routes: [
          route({ match: { path: '/token' }, stages: { token: {} } }),
          route({ match: { path: '/login' }, stages: { limits: { rules } } }),
          route(),
        ],
      },
    },
    identityProviders: { main: { issuer, audience, tokenType: 'opaque', introspection } },
    gateway: { workers: 2, limits: { drainSeconds: 1 } },
  })
  const requests = [
    `GET /token HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer opaque\r\n\r\n`,
    `POST /login HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json\r\nContent-Length: 90\r\n\r\n{"na`,
    `GET /slow HTTP/1.1\r\nHost: ${host}\r\n\r\n`,
  ]
  const sockets = await Promise.all(requests.map(() => connect(bed)))
  for (const [index, socket] of sockets.entries()) {
    socket.resume()
    socket.write(requests[index] ?? '')
  }
  await eventually(() => asked === 1 && bed.service.seen.length === 1)
  const begun = performance.now()
  await bed.gateway.close()
  const tookMs = performance.now() - begun
  assert(tookMs > 900 && tookMs < 7_000, `${tookMs} ms`)
  await Promise.all(sockets.map((socket) => closed(socket)))
})
