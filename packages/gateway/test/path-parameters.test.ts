import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { askOnce } from './support/client.ts'
import { type Bed, route, startBed } from './support/gateway.ts'

const host = 'api.example.com'

async function setUp(t: TestContext, hostMembers: Record<string, unknown> = {}): Promise<Bed> {
  return startBed(t, {
    hosts: {
      [host]: {
        clientCertificate: 'explain',
        routes: [
          route({ match: { path: '/v1/accounts/{accountId}' } }),
          route({ match: { path: '/v1/accounts/{accountId}/payments/*' } }),
          route({
            match: { path: '/v1/accounts/all' },
            stages: { device: { minimumAssurance: 'strongbox' } },
          }),
        ],
        ...hostMembers,
      },
    },
  })
}

const refused = [
  // Two readings: with the part behind the semicolon, and without.
  '/v1/accounts/1;x',
  '/v1/accounts/1;x/payments/2',
  '/v1/accounts/;x/payments/2',
  '/v1/accounts/all;x',
  '/v1/accounts;/all',
  '/v1/accounts//all',
  '/v1/accounts//1',
  '/v1/accounts/%61ll',
  '/v1/accounts/all/',
  // Values that cannot be read in one way.
  '/v1/accounts/%FF',
  '/v1/accounts/a%C2%85b',
  '/v1/accounts/..%3bx',
  '/v1/accounts/1%3bx',
  '/v1/accounts/%2e%2e',
  '/v1/accounts/..',
  '/v1/accounts/1%2f2',
  '/v1/accounts/1%5c2',
  '/v1/accounts/1%252f2',
  '/v1/accounts/1%00',
  '/v1/accounts/1%0d%0a',
  '/v1/accounts/%c0%af',
]

test('no spelling of a parameter leads round a route, or to a value that another could read differently', async (t) => {
  const bed = await setUp(t)
  const device = await bed.world.device({ assurance: 'tee' })
  for (const path of refused) {
    const { status } = await askOnce(bed, device, path)
    assert([400, 403, 404].includes(status), `${path}: ${status}`)
  }
  assert.equal(bed.service.seen.length, 0)
  for (const path of ['/v1/accounts/1', '/v1/accounts/caf%C3%A9', '/v1/accounts/1/payments/a;b']) {
    assert.equal((await askOnce(bed, device, path)).status, 200, path)
  }
})

test('what a host says of a stage holds for its routes, but for those that say something themselves', async (t) => {
  const bed = await setUp(t, {
    stages: { device: { minimumAssurance: 'strongbox' } },
    routes: [
      route({ match: { path: '/own' }, stages: { device: { minimumAssurance: 'software' } } }),
      route({ match: { path: '/as-the-host' } }),
    ],
  })
  const device = await bed.world.device({ assurance: 'tee' })
  assert.equal((await askOnce(bed, device, '/own')).status, 200)
  assert.equal((await askOnce(bed, device, '/as-the-host')).status, 403)
  // Nor is it told to whom the host refuses which routes there are.
  assert.equal((await askOnce(bed, device, '/none')).status, 403)
})

const clashes = [
  ['/v1/{a}', '/v1/{b}', /another route matches the same/],
  ['/v1/{a}/x', '/v1/accounts/*', /nothing says which of two routes is meant/],
  ['/v1/{a', '/v1', /no request can match this path/],
] as const
for (const [one, other, told] of clashes) {
  test(`${one} beside ${other} is refused with the configuration`, async (t) => {
    const routes = [one, other].map((path) => route({ match: { path } }))
    await assert.rejects(setUp(t, { routes }), told)
  })
}
