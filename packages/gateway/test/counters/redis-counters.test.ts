import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import net from 'node:net'
import { once } from 'node:events'
import { test, type TestContext } from 'node:test'
import type { Claim, Limit, RateLimit, Standing } from '../../src/counters/counters.ts'
import { type AwayPolicy, RedisCounters } from '../../src/counters/redis/redis-counters.ts'
import { eventually } from '../support/client.ts'
import { redisIsMissing, startRedis } from '../support/redis.ts'
import { quietLog, smallCounters } from './small-counters.ts'

const skip = redisIsMissing()

/** @param timeoutMs long enough for a machine with much else to do, except where it is what is tested */
async function connect(
  t: TestContext,
  url: string,
  { whenAway = 'closed', timeoutMs = 3_000 }: { whenAway?: AwayPolicy; timeoutMs?: number } = {},
) {
  const local = smallCounters()
  const plan = {
    url,
    username: undefined,
    password: undefined,
    ca: undefined,
    keyPrefix: 'test',
    timeoutMs,
  }
  const counters = new RedisCounters(plan, whenAway, local, quietLog)
  t.after(() => counters.close())
  return counters
}

const ready = async (counters: RedisCounters) => eventually(() => !counters.counts.isAway)
const hour: RateLimit = { kind: 'rate', intervalNs: 3.6e12, toleranceNs: 3.6e13 }
const claimOf = (counters: RedisCounters, limit: Limit, name = 'dev_1'): Claim => ({
  limit,
  key: counters.keyOf([limit.kind, name]),
  isProven: true,
  cost: 1,
})
const admitted = async (counters: RedisCounters, claim: Claim, tries: number) => {
  const taken = await Promise.all(Array.from({ length: tries }, () => counters.take([claim])))
  return taken.filter(({ refused }) => refused < 0)
}

test('two gateways that ask one Redis admit exactly what the limit allows', { skip }, async (t) => {
  const redis = await startRedis(t)
  const [one, other] = [await connect(t, redis.url), await connect(t, redis.url)]
  await ready(one)
  await ready(other)
  const counts = await Promise.all(
    [one, other].map((counters) => admitted(counters, claimOf(counters, hour), 200)),
  )
  assert.equal(counts.flat().length, 10)
})

test('every kind of limit counts in Redis, refuses and gives back as in memory', {
  skip,
}, async (t) => {
  const redis = await startRedis(t)
  const counters = await connect(t, redis.url)
  await ready(counters)
  const local = smallCounters()
  const limits: Limit[] = [
    { kind: 'rate', intervalNs: 3.6e12, toleranceNs: 3 * 3.6e12 },
    { kind: 'window', quota: 3, endOf: (at) => at + 3_600_000 },
    { kind: 'concurrency', maximum: 3 },
    {
      kind: 'delay',
      freeTries: 3,
      firstMs: 3_600_000,
      factor: 2,
      longestMs: 7_200_000,
      forgetAfterMs: 86_400_000,
    },
  ]
  for (const limit of limits) {
    const claim = claimOf(counters, limit)
    for (const round of [1, 2, 3, 4, 5]) {
      const far = (await counters.take([claim])).standings[0] as Standing
      const near = local.take([claim]).standings[0] as Standing
      const about = `${limit.kind} ${round}`
      assert.equal(far.isAdmitted, near.isAdmitted, about)
      assert.equal(far.remaining, near.remaining, about)
      assert(Math.abs(far.resetMs - near.resetMs) < 1_000, about)
      assert(Math.abs(far.retryMs - near.retryMs) < 1_000, about)
      if (round !== 3) continue
      counters.giveBack(claim, far)
      local.giveBack(claim, near)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
})

test('what may come once comes once to two gateways', { skip }, async (t) => {
  const redis = await startRedis(t)
  const [one, other] = [await connect(t, redis.url), await connect(t, redis.url)]
  await ready(one)
  await ready(other)
  const keys = Array.from({ length: 100 }, (_, index) =>
    createHash('sha256').update(String(index)).digest().subarray(0, 16),
  )
  const until = Date.now() + 60_000
  const first = await Promise.all(
    keys.flatMap((key) => [one.once(key, until), other.once(key, until)]),
  )
  assert.equal(first.filter(Boolean).length, 100)
})

test('a Redis that stalls keeps nobody waiting, and each policy does what it says', {
  skip,
}, async (t) => {
  const redis = await startRedis(t)
  for (const policy of ['closed', 'local', 'open'] as const) {
    const counters = await connect(t, redis.url, { whenAway: policy, timeoutMs: 100 })
    await ready(counters)
    redis.stall()
    const claim = claimOf(counters, { ...hour, toleranceNs: 2 * 3.6e12 }, policy)
    const before = counters.counts.asked
    const results = []
    for (let round = 0; round < 20; round++) {
      results.push(await counters.take([claim]).catch((error: Error) => error.name))
    }
    // Five that wait for their bound; then nobody does.
    const waited = counters.counts.asked - before
    assert(waited <= 5, `${policy}: ${waited} waited`)
    const through = results.filter((taken) => typeof taken === 'object' && taken.refused < 0)
    assert.equal(through.length, { closed: 0, local: 2, open: 20 }[policy])
    redis.goOn()
    await ready(counters)
    assert.equal(
      (await counters.take([claimOf(counters, hour, 'after')])).standings[0]?.level,
      'redis',
    )
  }
})

test('a Redis that is restarted, or flushed of keys and scripts, is used again', {
  skip,
}, async (t) => {
  const redis = await startRedis(t)
  const counters = await connect(t, redis.url)
  await ready(counters)
  assert.equal((await admitted(counters, claimOf(counters, hour), 12)).length, 10)
  await redis.say('SCRIPT FLUSH')
  assert.equal((await admitted(counters, claimOf(counters, hour), 3)).length, 0)
  await redis.stop()
  await eventually(() => counters.counts.isAway)
  await assert.rejects(counters.take([claimOf(counters, hour)]), { name: 'CountersUnavailable' })
  await redis.start()
  await ready(counters)
  await eventually(async () => (await counters.take([claimOf(counters, hour)])).refused < 0)
})

test('a Redis that is full fails closed', { skip }, async (t) => {
  const redis = await startRedis(t)
  const counters = await connect(t, redis.url)
  await ready(counters)
  await redis.say('CONFIG SET maxmemory 1')
  await assert.rejects(counters.take([claimOf(counters, hour)]), /OOM/)
})

test('a Redis that lies is not believed', async (t) => {
  const lies = [
    '*1\r\n:1\r\n',
    '+OK\r\n',
    '*6\r\n:1\r\n:1\r\n:1\r\n:1\r\n:1\r\n$1\r\nx\r\n',
    '$-1\r\n',
  ]
  for (const lie of lies) {
    const server = net.createServer((socket) => {
      socket.on('error', () => {})
      socket.on('data', (chunk) => {
        const text = String(chunk).toLowerCase()
        for (const command of text.match(/\$\d+\r\n(?:info|hello|client|evalsha|eval|ping)\r\n/g) ??
          []) {
          if (command.includes('eval')) socket.write(lie)
          else if (command.includes('info')) socket.write('$17\r\nredis_version:7.0\r\n')
          else socket.write('+OK\r\n')
        }
      })
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    t.after(() => server.close())
    const { port } = server.address() as net.AddressInfo
    const counters = await connect(t, `redis://127.0.0.1:${port}`)
    await ready(counters)
    await assert.rejects(counters.take([claimOf(counters, hour)]), {
      name: 'CountersUnavailable',
    })
    counters.close()
  }
})
