import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { isProblem } from '@sallyport/problem'
import { vaultKeyProvider } from '../../src/vault/vault-key-provider.ts'
import { startTransit, type TransitServer } from './transit-server.ts'

// A Vault that comes and goes: what it does not answer is refused at once, and nothing stays refused after it is back.

const servers: TransitServer[] = []
after(async () => {
  for (const server of servers) await server.close()
})

async function start(options: { readToken?: () => string; timeoutMs?: number; ttl?: number } = {}) {
  const server = await startTransit()
  server.state.ttl = options.ttl ?? 3_600
  servers.push(server)
  const { readToken = () => 'hvs.first', timeoutMs = 20_000 } = options
  const { address } = server
  const keys = vaultKeyProvider({ address, mount: 'transit', readToken, timeoutMs })
  return { server, keys, key: await keys.create('ca', 'ec-p256') }
}

const data = Buffer.from('what is signed')
const isCode = (code: string) => (error: unknown) => {
  assert.ok(isProblem(error) && error.code === code, String(error))
  return true
}

async function until(isSo: () => boolean): Promise<void> {
  const end = performance.now() + 20_000
  while (!isSo()) {
    if (performance.now() > end) assert.fail(`not within twenty seconds: ${String(isSo)}`)
    await sleep(10)
  }
}

test('of many questions whose token was replaced while they were asked none is refused', async () => {
  let token = 'hvs.first'
  let reads = 0
  const { server, key } = await start({
    readToken: () => {
      reads += 1
      return token
    },
  })
  server.state.token = token = 'hvs.second'
  await Promise.all(Array.from({ length: 30 }, () => key.sign(data)))
  assert.equal(reads, 2, 'and its file was read once')
})

test('a token that is refused asks how long it lives no more than once', async () => {
  const { server, key } = await start()
  await until(() => server.state.lookUps === 1)
  server.state.token = 'hvs.other'
  for (let count = 0; count < 5; count++)
    await assert.rejects(key.sign(data), isCode('vault_refused'))
  assert.equal(server.state.requests, 1 + 3 + 5)
})

test('a token is renewed, though Vault was sealed when it was asked how long it lives', async () => {
  const server = await startTransit()
  servers.push(server)
  server.state.ttl = 0.3
  server.state.answer = 'sealed'
  const keys = vaultKeyProvider({
    address: server.address,
    mount: 'transit',
    readToken: () => 'hvs.first',
  })
  await assert.rejects(keys.list(), isCode('vault_unavailable'))
  await until(() => server.state.requests >= 2)
  server.state.answer = 'as it should'
  await until(() => server.state.renewals >= 2)
})

test('a renewal that Vault was away for is made up soon after, and goes on', async () => {
  const { server } = await start({ ttl: 0.3 })
  await until(() => server.state.renewals >= 1)
  for (let round = 0; round < 3; round++) {
    server.state.answer = 'sealed'
    await sleep(300)
    const { renewals } = server.state
    server.state.answer = 'as it should'
    await until(() => server.state.renewals > renewals)
  }
})

test('a connection that was kept and that Vault closed costs no refusal', async () => {
  const { server, key } = await start()
  for (let round = 0; round < 3; round++) {
    await key.sign(data)
    server.state.closesKept = true
    await key.sign(data)
    server.state.closesKept = false
  }
})

test('a question takes no longer than it may, however often it is asked within', async () => {
  let token = 'hvs.first'
  const { server, key } = await start({ readToken: () => token, timeoutMs: 4_000 })
  server.state.token = token = 'hvs.second'
  // The first answer, by which the token is refused, comes in time; the second does not any more.
  server.state.delayMs = 2_500
  await assert.rejects(key.sign(data), isCode('vault_unavailable'))
  server.state.delayMs = 0
  await key.sign(data)
})
