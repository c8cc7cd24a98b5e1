import assert from 'node:assert/strict'
import { mkdtemp, rename, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type TestContext, test } from 'node:test'
import { ask, askOnce, connect, eventually } from '../support/client.ts'
import { type Bed, route, startBed } from '../support/gateway.ts'

async function bedWith(t: TestContext, addresses: object, routes?: unknown[]): Promise<Bed> {
  const hosts = {
    'api.example.com': {
      clientCertificate: 'optional',
      ...(routes === undefined ? {} : { routes }),
    },
  }
  return startBed(t, { hosts, gateway: { addresses } })
}

const code = (answer: { json: () => Record<string, unknown> }) => answer.json()['code']

test('a list refuses with its reason, and the decision names the list and the entry', async (t) => {
  const bed = await bedWith(t, { deny: ['192.0.2.0/24', '127.0.0.0/8'] })
  const answer = await askOnce(bed)
  assert.equal(answer.status, 403)
  assert.equal(code(answer), 'address_blocked')
  const response = await fetch(`${bed.operations}/decisions/${answer.headers['x-request-id']}`)
  const decision = (await response.json()) as {
    stages: { stage: string; check?: string; found?: string }[]
  }
  const stage = decision.stages.find(({ stage: name }) => name === 'address')
  assert.equal(stage?.check, 'deny')
  assert.equal(stage.found, '127.0.0.1 is in 127.0.0.0/8')
  assert(!answer.body.includes('127.0.0.0'))
})

test('exempt is stronger than deny, and allow is an end of everyone else', async (t) => {
  const exempt = await bedWith(t, { deny: ['127.0.0.0/8'], exempt: ['127.0.0.1'] })
  assert.equal((await askOnce(exempt)).status, 200)
  const allow = await bedWith(t, { allow: ['192.0.2.0/24'] })
  assert.equal(code(await askOnce(allow)), 'address_blocked')
})

test('a route has networks of its own; shadow lets through', async (t) => {
  const stage = (settings: object) => ({ stages: { address: settings } })
  const bed = await bedWith(t, {}, [
    route({ match: { path: '/office' }, ...stage({ allow: ['192.0.2.0/24'] }) }),
    route({ match: { path: '/here' }, ...stage({ allow: ['127.0.0.0/8'] }) }),
    route({
      match: { path: '/not-here' },
      ...stage({ allow: ['127.0.0.0/8'], deny: ['127.0.0.1'] }),
    }),
    route({ match: { path: '/watched' }, ...stage({ mode: 'shadow', deny: ['127.0.0.1'] }) }),
  ])
  const status = async (at: string) => (await askOnce(bed, undefined, at)).status
  assert.equal(await status('/office'), 403)
  assert.equal(await status('/here'), 200)
  assert.equal(await status('/not-here'), 403)
  assert.equal(await status('/watched'), 200)
})

test('with closeConnections nobody on a list gets as far as TLS', async (t) => {
  const bed = await bedWith(t, { deny: ['127.0.0.0/8'], closeConnections: true })
  await assert.rejects(connect(bed))
  await eventually(() =>
    bed.log.some(({ fields }) => fields['code'] === 'handshake_address_blocked'),
  )
})

test('a slip in a network is refused with the network that was meant', async (t) => {
  await assert.rejects(
    bedWith(t, { deny: ['192.0.2.7/24'] }),
    (error: { expected?: string }) => error.expected === '192.0.2.0/24',
  )
  await assert.rejects(bedWith(t, {}, [route({ stages: { address: { allow: ['1.2.3.4/40'] } } })]))
})

test('a list of 100,000 networks is swapped under traffic, without a failure, and holds at once', async (t) => {
  const directory = await mkdtemp(path.join(tmpdir(), 'sallyport-addresses-'))
  const write = async (extra: string) => {
    const lines = Array.from({ length: 100_000 }, (_, index) => {
      const mixed = Math.imul(index + 1, 0x9e3779b1) >>> 0
      return `${(mixed >>> 24) % 100}.${(mixed >>> 16) & 255}.${(mixed >>> 8) & 255}.${mixed & 255}`
    })
    await writeFile(path.join(directory, 'list.new'), [...lines, extra].join('\n'))
    await rename(path.join(directory, 'list.new'), path.join(directory, 'list.txt'))
  }
  await write('# nobody')
  const bed = await startBed(t, {
    directory,
    hosts: { 'api.example.com': { clientCertificate: 'optional' } },
    gateway: { workers: 2, addresses: { files: [{ file: 'list.txt', name: 'bad' }] } },
  })
  const socket = await connect(bed)
  let [answered, refused, slowest] = [0, 0, 0]
  const traffic = async (): Promise<boolean> => {
    const start = performance.now()
    const { status } = await ask(socket)
    slowest = Math.max(slowest, performance.now() - start)
    if (status === 200) answered++
    else if (status === 403) refused++
    else assert.fail(`answered ${status}`)
    return refused > 0
  }
  for (let count = 0; count < 50; count++) assert.equal(await traffic(), false)
  await write('127.0.0.0/8')
  await eventually(traffic, 20_000)
  assert.equal((await ask(socket)).status, 403)
  await write('# nobody')
  await eventually(async () => (await ask(socket)).status === 200, 20_000)
  t.diagnostic(
    `${answered} requests were answered meanwhile; the slowest took ${slowest.toFixed(0)} ms`,
  )
  const overview = (await (await fetch(`${bed.operations}/addresses`)).json()) as {
    lists: { name: string; entries: number }[]
  }
  assert.deepEqual(overview.lists, [{ name: 'bad', effect: 'deny', entries: 100_000 }])
})
