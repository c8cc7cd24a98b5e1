import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Development, endLeftOver, sallyport } from '../sallyport.ts'
import { ask, open, type Place, placeOf } from './connection.ts'
import { hostLike, startEdited } from './edited-development.ts'
import { startSecondGateway } from './second-gateway.ts'
import { startService } from './service.ts'

after(endLeftOver)

const host = 'api.test'

describe('what limits locked out, at two gateways of two workers each', () => {
  let dev: Development
  let service: Awaited<ReturnType<typeof startService>>
  let second: Awaited<ReturnType<typeof startSecondGateway>>
  let places: Place[]

  before(async () => {
    service = await startService()
    dev = await startEdited(({ gateway, ...config }) => {
      gateway.workers = 2
      gateway.upstreams['test'] = { targets: [service.url] }
      const whole = hostLike({ gateway, ...config }, 'optional', 'test')
      const login = {
        name: 'login',
        account: { header: 'X-User' },
        failures: [200],
        freeTries: 2,
        firstDelay: '1h',
        longestDelay: '2h',
      }
      const flood = { name: 'flood', key: 'address', limit: 1, per: '1h', blockAddressFor: '10m' }
      const routes = [
        {
          match: { path: '/login' },
          upstream: 'test',
          stages: { limits: { bruteForce: [login] } },
        },
        { match: { path: '/flood' }, upstream: 'test', stages: { limits: { rules: [flood] } } },
        ...whole.routes,
      ]
      gateway.hosts[host] = { ...whole, routes }
    })
    second = await startSecondGateway(dev)
    const here = placeOf(dev.facts, host)
    places = [here, { ...here, port: second.port }]
  })
  after(async () => {
    await second.end()
    await dev.end()
    await service.close()
  })

  const statusOf = async (place: Place, path: string, ...headers: string[]) => {
    const socket = await open(place)
    const { status } = await ask(socket, place, path, headers)
    socket.destroy()
    return status
  }
  const everywhere = (path: string, ...headers: string[]) =>
    Promise.all(places.map((place) => statusOf(place, path, ...headers)))
  const run = (...line: string[]) => sallyport([...line, '--config', dev.facts.configFile])

  test('support frees a user who must wait', async () => {
    for (let round = 0; round < 3; round++) await everywhere('/login', 'X-User: ada')
    assert.deepEqual(await everywhere('/login', 'X-User: ada'), [429, 429])
    const { code, stdout, stderr } = await run('blocks', 'lift', '--account', 'Ada')
    assert.equal(code, 0, stderr)
    assert.match(stdout, /^Lifted: account:[\w-]{43}\n$/)
    assert.match(stderr, /In force at all workers of 2 gateways/)
    assert.deepEqual(await everywhere('/login', 'X-User: ada'), [200, 200])
  })

  test('an address that is blocked is listed, lifted and served', async () => {
    assert.deepEqual(await everywhere('/flood'), [200, 200])
    assert.deepEqual(await everywhere('/flood'), [429, 429])
    assert.deepEqual(await everywhere('/'), [403, 403])
    let blocks: { network: string; why: string; gateway: string }[] = []
    for (let tries = 0; blocks.length < 2 && tries < 100; tries++) {
      blocks = JSON.parse((await run('blocks', 'list', '--json')).stdout) as typeof blocks
      if (blocks.length < 2) await sleep(200)
    }
    assert.deepEqual(
      blocks.map(({ network, why }) => ({ network, why })),
      [
        { network: '127.0.0.1', why: 'limit flood' },
        { network: '127.0.0.1', why: 'limit flood' },
      ],
    )
    assert.equal(new Set(blocks.map(({ gateway }) => gateway)).size, 2)
    const { code, stderr } = await run('blocks', 'lift', '--address', '127.0.0.1')
    assert.equal(code, 0, stderr)
    assert.deepEqual(await everywhere('/'), [200, 200])
  })

  test('whose it is must be said, once', async () => {
    for (const wrong of [[], ['--address', '192.0.2.7', '--account', 'ada'], ['--address', 'x']]) {
      const { code, stderr } = await run('blocks', 'lift', ...wrong)
      assert.equal(code, 2, stderr)
    }
  })
})
