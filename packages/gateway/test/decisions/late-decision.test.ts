import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import net, { type AddressInfo, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { route } from '../support/gateway.ts'
import { call, forwarded, startDecisionBed } from './decision-bed.ts'

test('a decision that takes too long is a refusal, in time for the proxy that waits', async (t) => {
  const sockets = new Set<Socket>()
  const silent = net.createServer((socket) => sockets.add(socket.on('error', () => {})))
  silent.listen(0, '127.0.0.1')
  await once(silent, 'listening')
  const directory = await mkdtemp(path.join(tmpdir(), 'sallyport-late-'))
  const clientSecretFile = path.join(directory, 'secret')
  await writeFile(clientSecretFile, 's3cret')
  t.after(async () => {
    for (const socket of sockets) socket.destroy()
    silent.close()
    await rm(directory, { recursive: true })
  })
  const issuer = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`
  const introspection = { clientId: 'gateway', clientSecretFile, timeoutMs: 5_000 }
  const routes = [route({ stages: { token: {} } })]
  const bed = await startDecisionBed(t, {
    hosts: { 'api.example.com': { clientCertificate: 'optional', routes } },
    identityProviders: { main: { issuer, audience: 'api', tokenType: 'opaque', introspection } },
    gateway: {
      decisions: {
        listen: ['unix:d.sock'],
        callers: [{ name: 'caddy-edge', form: 'caddy' }],
        answerSeconds: 0.3,
      },
    },
  })
  const began = performance.now()
  const fields = [...forwarded(), 'Authorization', 'Bearer opaque']
  const answer = await call(bed.socket, '/decide/caddy-edge/api.example.com', fields)
  const tookMs = performance.now() - began
  assert.equal(answer.status, 503, answer.body)
  assert.match(answer.body, /"code":"stage_unavailable"/)
  assert.ok(tookMs >= 290 && tookMs < 4_500, `${tookMs} ms`)
})
