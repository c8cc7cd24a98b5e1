import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Claim, Counters, DelayLimit, Limit, RateLimit } from '../../src/counters/counters.ts'
import { RedisCounters } from '../../src/counters/redis/redis-counters.ts'
import { endOfDayIn } from '../../src/limits/calendar-day.ts'
import { askOnce, eventually } from '../support/client.ts'
import { route } from '../support/gateway.ts'
import { startLimited } from '../support/limited.ts'
import { redisIsMissing, startRedis } from '../support/redis.ts'
import { quietLog, smallCounters } from './small-counters.ts'

const rate = (limit: number, perMs: number): RateLimit => {
  const intervalNs = Math.ceil((perMs * 1e6) / limit)
  return { kind: 'rate', intervalNs, toleranceNs: intervalNs * limit }
}
const dayMs = 86_400_000
const delay = (forgetAfterMs: number): DelayLimit => ({
  kind: 'delay',
  freeTries: 1,
  firstMs: 1_000,
  factor: 2,
  longestMs: 10_000,
  forgetAfterMs,
})

async function retryAfterChange(counters: Counters, before: Limit, after: Limit) {
  const key = counters.keyOf(['rule', 'dev_1'])
  const claim = (limit: Limit): Claim => ({ limit, key, isProven: true, cost: 1 })
  for (let round = 0; round < 40; round++) await counters.take([claim(before)])
  const { retryMs = Number.NaN } = (await counters.take([claim(after)])).standings[0] ?? {}
  // Told once, and kept.
  await new Promise((resolve) => setTimeout(resolve, 100))
  assert(
    (await counters.take([claim(after)])).standings.some(({ retryMs: now }) => now < retryMs - 50),
  )
  return retryMs
}

async function heldToTheNewLimit(make: () => Counters) {
  const perMinute = await retryAfterChange(make(), rate(10, dayMs), rate(1_000, 60_000))
  assert(perMinute <= 61, `a rate: ${perMinute} ms`)
  const sooner = await retryAfterChange(make(), delay(dayMs), delay(60_000))
  assert(sooner <= 10_000, `a delay: ${sooner} ms`)
}

test('after a limit is changed, who was over it waits no longer than the new one asks', () =>
  heldToTheNewLimit(smallCounters))

test('so it is in Redis', { skip: redisIsMissing() }, async (t) => {
  const redis = await startRedis(t)
  let made = 0
  const all = await Promise.all(
    [0, 1].map(async () => {
      const plan = {
        url: redis.url,
        username: undefined,
        password: undefined,
        ca: undefined,
        keyPrefix: `test${made++}`,
        timeoutMs: 1_000,
      }
      const counters = new RedisCounters(plan, 'closed', smallCounters(), quietLog)
      t.after(() => counters.close())
      await eventually(() => !counters.counts.isAway)
      return counters
    }),
  )
  await heldToTheNewLimit(() => all.pop() as Counters)
})

test('a day that ends with an hour that is left out ends when the next begins', () => {
  // Egypt puts its clocks forward at midnight: 2026-04-23T24:00+02:00 is 2026-04-24T01:00+03:00.
  for (const [zone, midnight] of [
    ['Africa/Cairo', '2026-04-23T22:00:00Z'],
    ['Asia/Beirut', '2026-03-28T22:00:00Z'],
    ['America/Havana', '2026-03-08T05:00:00Z'],
  ] as const) {
    const end = Date.parse(midnight)
    for (const before of [1, 60_000, 1_800_000, 3_599_999, 3_600_000, 5_400_000, dayMs / 2]) {
      const found = endOfDayIn(zone)(end - before)
      assert.equal(new Date(found).toISOString(), new Date(end).toISOString(), `${zone} ${before}`)
    }
    assert(endOfDayIn(zone)(end) >= end + 22 * 3_600_000, zone)
  }
})

test('no day of any zone is over before it ends, hour by hour over two years', () => {
  const zones = Intl.supportedValuesOf('timeZone').filter((_, index) => index % 9 === 0)
  const start = Date.parse('2025-12-31T22:30:00Z')
  for (const zone of [...zones, 'Africa/Cairo', 'Africa/Casablanca', 'Australia/Lord_Howe']) {
    const endOf = endOfDayIn(zone)
    for (let at = start; at < start + 500 * dayMs; at += 3_600_000) {
      const end = endOf(at)
      assert(end > at && end - at <= 26 * 3_600_000, `${zone} ${new Date(at).toISOString()}`)
    }
  }
})

test('a rule that is reloaded as another kind begins anew, and leaves the others in Redis alone', {
  skip: redisIsMissing(),
}, async (t) => {
  const redis = await startRedis(t)
  const rule = { name: 'all', key: 'all' }
  const kinds = [
    { ...rule, atOnce: 5 },
    { ...rule, limit: 5, perDayIn: 'UTC' },
    { ...rule, limit: 5, per: '1h' },
    { ...rule, atOnce: 5 },
  ]
  const gateway = { counters: { redis: { url: redis.url, timeoutMs: 2_000 }, whenAway: 'closed' } }
  const bed = await startLimited(t, { rules: [kinds[0]] }, { gateway })
  const upstreams = { service: { targets: [bed.service.url] } }
  for (const kind of kinds) {
    const stages = { limits: { rules: [kind] } }
    await bed.writeConfig({
      hosts: { 'api.example.com': { clientCertificate: 'optional', routes: [route({ stages })] } },
      gateway: { ...gateway, upstreams },
    })
    await bed.gateway.reload()
    const about = JSON.stringify(kind)
    await eventually(async () => (await askOnce(bed)).status === 200)
    for (let round = 0; round < 4; round++) {
      assert.equal((await askOnce(bed)).status, 200, about)
    }
  }
})
