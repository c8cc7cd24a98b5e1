import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { tokenBase } from '@sallyport/wire'
import { askOnce, eventually } from './support/client.ts'
import { type Bed, route, startBed } from './support/gateway.ts'
import { audience } from './support/identity-provider.ts'

type Mode = 'active' | 'inactive' | 'failing' | 'hanging'

/** What a provider that is asked by many at once, on a machine in use, stays well below. */
const timeoutMs = 2_000

/** A provider of opaque tokens: found by its issuer, and asked about each token over HTTP. */
async function startOpaqueProvider(context: TestContext) {
  const state: { mode: Mode; asked: number } = { mode: 'active', asked: 0 }
  const server = createServer((request, response) => {
    const issuer = `http://${request.headers.host}`
    if (request.method === 'GET') {
      const metadata = { issuer, introspection_endpoint: `${issuer}/introspect` }
      response.end(JSON.stringify(metadata))
      return
    }
    void text(request).then((body) => {
      state.asked++
      const now = Math.floor(Date.now() / 1_000)
      const sub = new URLSearchParams(body).get('token')
      const claims = { active: true, aud: audience, sub, iat: now, exp: now + 300 }
      if (state.mode === 'hanging') return
      response.statusCode = state.mode === 'failing' ? 503 : 200
      response.end(JSON.stringify(state.mode === 'active' ? claims : { active: false }))
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const directory = await mkdtemp(path.join(tmpdir(), 'sallyport-opaque-'))
  const clientSecretFile = path.join(directory, 'secret')
  await writeFile(clientSecretFile, 's3cret')
  context.after(async () => {
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
    await rm(directory, { recursive: true })
  })
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const introspection = { clientId: 'gateway', clientSecretFile, cacheSeconds: 1, timeoutMs }
  return { state, settings: { issuer, audience, tokenType: 'opaque', introspection } }
}

test('opaque tokens at the gateway', async (t) => {
  const { state, settings } = await startOpaqueProvider(t)
  const whenProviderAway = { useCachedSeconds: 60 }
  const bed: Bed = await startBed(t, {
    hosts: {
      'api.example.com': {
        clientCertificate: 'optional',
        routes: [
          route({ match: { path: '/balance' }, stages: { token: { whenProviderAway } } }),
          route({ stages: { token: {} } }),
        ],
      },
    },
    identityProviders: { main: settings },
    gateway: { workers: 1 },
  })
  const call = async (token: string, target = '/pay') => {
    const headers = [`Authorization: Bearer ${token}`]
    const answer = await askOnce(bed, undefined, target, { headers })
    return `${answer.status} ${answer.json<{ code?: string }>().code ?? 'passed'}`
  }

  await t.test('one is shown to its provider once, and then remembered', async () => {
    const began = performance.now()
    assert.deepEqual(
      new Set(await Promise.all(Array.from({ length: 20 }, () => call('zoe')))),
      new Set(['200 passed']),
    )
    const remembered = Math.floor((performance.now() - began) / 1_000)
    assert.ok(state.asked >= 1 && state.asked <= 1 + remembered, `${state.asked} times`)
  })

  await t.test('what the provider revokes ends within cacheSeconds', async () => {
    state.mode = 'inactive'
    await eventually(async () => (await call('zoe')) === '401 token_invalid')
    state.mode = 'active'
  })

  await t.test('one with dots that is ended takes no other with it', async () => {
    const [first, second] = ['v4.local.Zmlyc3Q', 'v4.local.c2Vjb25k']
    assert.equal(await call(first), '200 passed')
    bed.authority.end('token', createHash('sha256').update(tokenBase(first)).digest('base64url'))
    await eventually(async () => (await call(first)) === '401 token_ended')
    assert.equal(await call(second), '200 passed')
  })

  await t.test('while the provider fails a route refuses, or goes by the last answer', async () => {
    assert.equal(await call('ada'), '200 passed')
    state.mode = 'failing'
    await sleep(1_100)
    for (let time = 0; time < 3; time++) {
      assert.equal(await call('ada', '/balance'), '200 passed')
      assert.equal(await call('ada', '/pay'), '503 identity_provider_unavailable')
    }
    assert.equal(await call('never-seen', '/balance'), '503 identity_provider_unavailable')
  })

  await t.test('a provider that hangs holds nobody up for long, and is left alone', async () => {
    state.mode = 'hanging'
    const began = performance.now()
    const calls = Array.from({ length: 40 }, (_, at) => call(`token-${at}`))
    assert.deepEqual(
      new Set(await Promise.all(calls)),
      new Set(['503 identity_provider_unavailable']),
    )
    assert.equal(await call('ada', '/balance'), '200 passed')
    assert.ok(performance.now() - began < 3 * timeoutMs)
    const { asked } = state
    const leftAlone = performance.now()
    for (let time = 0; time < 20; time++) await call(`other-${time}`)
    const tries = 1 + Math.floor((performance.now() - leftAlone) / 5_000)
    assert.ok(state.asked - asked <= tries, 'it is asked again by one request in five seconds')
  })

  await t.test('what can be no token of anybody is shown to nobody', async () => {
    const { asked } = state
    const unsigned = `${Buffer.from('{"alg":"none"}').toString('base64url')}.e30.`
    assert.equal(await call(unsigned), '401 token_invalid')
    assert.equal(state.asked, asked)
  })
})
