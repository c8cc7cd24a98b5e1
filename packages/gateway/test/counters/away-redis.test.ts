import assert from 'node:assert/strict'
import net from 'node:net'
import { once } from 'node:events'
import { test, type TestContext } from 'node:test'
import { ask, connect, eventually } from '../support/client.ts'
import { startLimited } from '../support/limited.ts'
import { redisIsMissing, startRedis } from '../support/redis.ts'

const skip = redisIsMissing()
const limits = { rules: [{ name: 'all', key: 'all', limit: 1_000_000, per: '1m' }] }

/** A way to Redis that can go wrong in itself: late, or swallowing what connections that are open carry. */
async function wayTo(t: TestContext, port: number) {
  const way = { delayMs: 0, cuts: 0 }
  let generation = 0
  const sockets = new Set<net.Socket>()
  const server = net
    .createServer((near) => {
      const born = generation
      const far = net.connect(port, '127.0.0.1')
      for (const socket of [near, far]) {
        sockets.add(socket)
        socket.on('error', () => socket.destroy())
      }
      const pass = (from: net.Socket, to: net.Socket) => {
        from.on('data', (chunk) => {
          if (born !== generation) return
          if (way.delayMs === 0) to.write(chunk)
          else setTimeout(() => born === generation && to.write(chunk), way.delayMs)
        })
        from.on('close', () => to.destroy())
      }
      pass(near, far)
      pass(far, near)
    })
    .listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  const { port: own } = server.address() as net.AddressInfo
  return {
    way,
    url: `redis://127.0.0.1:${own}`,
    /** As a firewall that forgot its connections: they stay open, and carry nothing. */
    swallow: () => void generation++,
  }
}

/** What Redis does not answer within this has failed. A machine in use takes a while over what is not late at all. */
const timeoutMs = 300

async function begin(t: TestContext, whenAway: string, url: string) {
  const gateway = { workers: 1, counters: { redis: { url, timeoutMs }, whenAway } }
  const bed = await startLimited(t, limits, { gateway })
  const metric = async (name: string) => {
    const page = await (await fetch(`${bed.operations}/metrics`)).text()
    const line = page
      .split('\n')
      .find((each) => each.startsWith(`sallyport_counters_redis_${name} `))
    return Number(line?.split(' ')[1])
  }
  const isAway = async () => (await metric('away')) !== 0
  /** How many requests were kept waiting for Redis. */
  const asked = () => metric('requests_total{outcome="asked"}')
  await eventually(async () => !(await isAway()))
  const socket = await connect(bed)
  t.after(() => socket.destroy())
  /** Statuses of requests one after the other, and the longest of them. */
  const ofMany = async (count: number) => {
    const statuses = new Map<number, number>()
    let longest = 0
    for (let round = 0; round < count; round++) {
      const start = performance.now()
      const { status } = await ask(socket)
      longest = Math.max(longest, performance.now() - start)
      statuses.set(status, (statuses.get(status) ?? 0) + 1)
    }
    return { statuses, longest }
  }
  return { bed, isAway, asked, ofMany }
}

test('connections to Redis that carry nothing any more are given up for new ones', {
  skip,
}, async (t) => {
  const redis = await startRedis(t)
  const { url, swallow } = await wayTo(t, redis.port)
  const { isAway, ofMany } = await begin(t, 'closed', url)
  swallow()
  const { statuses, longest } = await ofMany(50)
  assert.equal(statuses.get(503), 50)
  assert(longest < timeoutMs + 1_000, `${longest} ms`)
  await eventually(async () => !(await isAway()))
  assert.equal((await ofMany(20)).statuses.get(200), 20)
})

test('a Redis that is slower than its bound costs the first requests that bound, and no more', {
  skip,
}, async (t) => {
  const redis = await startRedis(t)
  const { url, way } = await wayTo(t, redis.port)
  for (const [policy, status] of [
    ['closed', 503],
    ['local', 200],
    ['open', 200],
  ] as const) {
    way.delayMs = 0
    const { isAway, asked, ofMany } = await begin(t, policy, url)
    const before = await asked()
    way.delayMs = timeoutMs
    const { statuses, longest } = await ofMany(60)
    assert.equal(statuses.get(status), 60, policy)
    const waited = (await asked()) - before
    assert(waited <= 5, `${policy}: ${waited} waited`)
    assert(longest < timeoutMs + 1_000, `${policy}: ${longest} ms`)
    way.delayMs = 0
    await eventually(async () => !(await isAway()))
    assert.equal((await ofMany(5)).statuses.get(200), 5, policy)
  }
})

test('a Redis that became a replica is dialled anew until it, or another in its place, takes writes', {
  skip,
}, async (t) => {
  const redis = await startRedis(t)
  const { bed, isAway, ofMany } = await begin(t, 'closed', redis.url)
  const dials = async () => {
    const info = await redis.say('INFO stats')
    return Number(/total_connections_received:(\d+)/.exec(info)?.[1])
  }
  await redis.say('REPLICAOF 127.0.0.1 1')
  const before = await dials()
  assert.equal((await ofMany(30)).statuses.get(503), 30)
  const told = () => bed.log.filter(({ message }) => message.includes('Redis')).length
  const toldBefore = told()
  const stop = performance.now() + 3_000
  while (performance.now() < stop) {
    await ofMany(10)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  // Asking how often is one of them.
  assert((await dials()) - before > 1, 'it was dialled anew')
  assert(told() - toldBefore < 6, `it was told ${told() - toldBefore} times in three seconds`)
  await redis.say('REPLICAOF NO ONE')
  await eventually(async () => !(await isAway()) && (await ofMany(1)).statuses.get(200) === 1)
})

test('a Redis without room is told of once, and used again when it has some', {
  skip,
}, async (t) => {
  const redis = await startRedis(t)
  const { bed, ofMany } = await begin(t, 'closed', redis.url)
  await redis.say('CONFIG SET maxmemory 1')
  const stop = performance.now() + 3_000
  while (performance.now() < stop) {
    assert.equal((await ofMany(10)).statuses.get(503), 10)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  const told = bed.log.filter(({ message }) => message.includes('Redis')).length
  assert(told < 6, `it was told ${told} times in three seconds`)
  await redis.say('CONFIG SET maxmemory 0')
  await eventually(async () => (await ofMany(1)).statuses.get(200) === 1)
})
