import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { TLSSocket } from 'node:tls'
import { publicCode, type ReasonCode } from '@sallyport/problem'
import { ask, connect } from './support/client.ts'
import { type Bed, route, startBed } from './support/gateway.ts'
import { startTestProvider, type TestProvider } from './support/identity-provider.ts'
import { createWorld, type TestDevice, type World } from './support/world.ts'

const host = 'api.example.com'

/** One of each layer, each with something against a part of the requests. */
const layers: Readonly<Record<string, Record<string, unknown>>> = {
  address: { deny: ['192.0.2.0/24', '127.0.0.9/32'] },
  device: { required: true, minimumAppVersion: '2.0', minimumAssurance: 'tee' },
  token: { binding: 'optional', forwardToken: 'strip', maxAgeSeconds: 600 },
  access: {
    rules: [
      { name: 'orders', scopes: ['orders'], when: 'request.path == "/v1/orders/12"' },
      { name: 'public', when: 'request.path.startsWith("/v1/public")' },
    ],
  },
  limits: {
    fields: 'always',
    rules: [{ name: 'few', key: 'device', limit: 100, per: '1d' }],
  },
}

/** In shadow it must block nobody either. */
const blockingLimits = {
  fields: 'always',
  rules: [{ name: 'few', key: 'device', limit: 100, per: '1d', blockAddressFor: '1m' }],
}

const stagesIn = (modeOf: (name: string) => 'enforce' | 'shadow') =>
  Object.fromEntries(
    Object.entries(layers).map(([name, settings]) => {
      const mode = modeOf(name)
      const layer = name === 'limits' && mode === 'shadow' ? blockingLimits : settings
      return [name, { ...layer, mode }]
    }),
  )

/** Who asks, with what: drawn by a seed, the same at each run. */
type Draw = { readonly connection: number; readonly path: string; readonly token: number }

function draws(count: number): Draw[] {
  let seed = 20_261_122
  const next = (below: number): number => {
    // Park and Miller's generator.
    seed = (seed * 48_271) % 2_147_483_647
    return seed % below
  }
  const paths = [
    '/v1/orders/12',
    '/v1/orders/13',
    '/v1/public/x',
    '/v1/orders/1%32',
    '/v1/none?x=1',
  ]
  return Array.from({ length: count }, () => ({
    connection: next(8),
    path: paths[next(paths.length)] ?? '/',
    token: next(6),
  }))
}

type Setting = {
  readonly world: World
  readonly provider: TestProvider
  readonly devices: readonly (TestDevice | undefined)[]
  readonly tokens: readonly (string | undefined)[]
}

async function setUp(context: TestContext): Promise<Setting> {
  const world = await createWorld()
  const provider = await startTestProvider(context)
  const devices = [
    undefined,
    await world.device(),
    await world.device({ appVersion: '1.9.9' }),
    await world.device({ assurance: 'software' }),
  ]
  const now = Math.floor(Date.now() / 1_000)
  const thumbprint = devices[1]?.thumbprint
  const tokens = [
    undefined,
    await provider.token({ scope: 'orders', accounts: ['12'], auth_time: now }),
    await provider.token({ scope: 'other', auth_time: now }),
    await provider.token({ exp: now - 100, auth_time: now }),
    await provider.token({ scope: 'orders', accounts: ['12'], auth_time: now - 10_000 }),
    await provider.token({
      scope: 'orders',
      accounts: ['12'],
      auth_time: now,
      cnf: { 'x5t#S256': thumbprint },
    }),
  ]
  return { world, provider, devices, tokens }
}

function startWith(
  context: TestContext,
  { world, provider }: Setting,
  stages: Record<string, unknown> | undefined,
): Promise<Bed> {
  const routes = [
    route({ name: 'orders', match: { path: '/v1/orders/{owner}' } }),
    route({ name: 'rest', match: { path: '/*' } }),
  ]
  return startBed(context, {
    world,
    identityProviders: { main: provider.settings },
    hosts: {
      [host]: {
        clientCertificate: 'optional',
        routes: routes.map((each) => ({ ...each, ...(stages === undefined ? {} : { stages }) })),
      },
    },
  })
}

type Seen = { readonly status: number; readonly code: unknown; readonly text: string }

/** Every request over eight connections that are kept; what differs by nature is left out. */
async function askAll(
  bed: Bed,
  { devices, tokens }: Setting,
  all: readonly Draw[],
): Promise<Seen[]> {
  const seen: Seen[] = []
  await Promise.all(
    Array.from({ length: 8 }, async (_, connection) => {
      let socket: TLSSocket | undefined
      for (const [index, draw] of all.entries()) {
        if (draw.connection !== connection) continue
        if (socket === undefined || socket.destroyed) {
          socket = await connect(bed, devices[connection % devices.length])
        }
        const token = tokens[draw.token]
        const headers = token === undefined ? [] : [`Authorization: Bearer ${token}`]
        const answer = await ask(socket, draw.path, { headers })
        seen[index] = {
          status: answer.status,
          code: answer.status === 200 ? undefined : answer.json()['code'],
          text: comparable(answer),
        }
        if (answer.headers['connection'] === 'close') socket.destroy()
      }
      socket?.destroy()
    }),
  )
  return seen
}

// The length is that of the echo, identity and all.
const ownEveryTime = new Set(['date', 'x-request-id', 'content-length'])

function comparable({ headers, body }: Awaited<ReturnType<typeof ask>>): string {
  const kept = Object.entries(headers).filter(([name]) => !ownEveryTime.has(name))
  return JSON.stringify([kept, withoutOwn(body)])
}

/** The service answers with what it was sent: ids are of each request, and identity is what stages found. */
function withoutOwn(body: string): string {
  const echoed = JSON.parse(body) as { headers?: Record<string, string> }
  for (const name of ['x-request-id', 'traceparent', 'host', ...identity]) {
    if (echoed.headers !== undefined) delete echoed.headers[name]
  }
  return JSON.stringify(echoed)
}
const identity = ['client-cert', 'client-cert-chain', 'sallyport-device', 'sallyport-user']

/** By stage and code, as reports tell it. */
function shadowCounts(bed: Bed): Map<string, number> {
  const counts = new Map<string, number>()
  for (const { shadow } of bed.authority.reports) {
    for (const { stage, code, requests } of shadow?.counts ?? []) {
      const key = `${stage} ${code}`
      counts.set(key, (counts.get(key) ?? 0) + requests)
    }
  }
  return counts
}

test('10,000 requests are answered in shadow as without any stage, and what is reported is what enforcing refuses', async (t) => {
  const setting = await setUp(t)
  const all = draws(10_000)
  const plain = await startWith(t, setting, undefined)
  const without = await askAll(plain, setting, all)
  assert(without.every(({ status }) => status === 200))

  const watched = await startWith(
    t,
    setting,
    stagesIn(() => 'shadow'),
  )
  const shadowed = await askAll(watched, setting, all)
  const different = shadowed.findIndex(({ text }, index) => text !== without[index]?.text)
  assert.equal(different, -1, `${shadowed[different]?.text} is not ${without[different]?.text}`)
  await watched.gateway.close()
  const counts = shadowCounts(watched)
  assert.equal(counts.get(' '), all.length)

  for (const name of Object.keys(layers)) {
    const bed = await startWith(
      t,
      setting,
      stagesIn((each) => (each === name ? 'enforce' : 'shadow')),
    )
    const answers = await askAll(bed, setting, all)
    const refused = new Map<string, number>()
    for (const { status, code } of answers) {
      if (status === 200) continue
      refused.set(String(code), (refused.get(String(code)) ?? 0) + 1)
    }
    const told = new Map<string, number>()
    for (const [key, count] of counts) {
      const [stage, code = ''] = key.split(' ')
      if (stage !== name) continue
      const face = publicCode(code as ReasonCode)
      told.set(face, (told.get(face) ?? 0) + count)
    }
    t.diagnostic(`${name}: ${JSON.stringify(Object.fromEntries(refused))}`)
    assert.deepEqual([...refused].toSorted(), [...told].toSorted(), name)
    if (name !== 'address') assert(refused.size > 0, name)
    await bed.gateway.close()
  }
})
