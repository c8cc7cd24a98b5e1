import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ask, connect } from '../support/client.ts'
import type { Bed } from '../support/gateway.ts'
import { startLimited } from '../support/limited.ts'
import { redisIsMissing, startRedis } from '../support/redis.ts'

const intervalMs = 60
const limits = { rules: [{ name: 'all', key: 'all', limit: 1_000, per: '1m', across: 'gateway' }] }

const enoughRefusals = 100

/**
 * Asks over so many connections for so long, or longer on a slow machine: until the limit is what holds requests back.
 * What GCRA allows lies between what the two clocks allow.
 */
async function load(beds: readonly Bed[], connections: number, ms: number) {
  const sockets = await Promise.all(
    Array.from({ length: connections }, (_, index) => connect(beds[index % beds.length] as Bed)),
  )
  let [admitted, refused] = [0, 0]
  const begin = performance.now()
  let [firstAnswer, lastAsked] = [0, 0]
  const isOver = () => {
    const tookMs = performance.now() - begin
    return (tookMs >= ms && refused > enoughRefusals) || tookMs >= 30_000
  }
  await Promise.all(
    sockets.map(async (socket) => {
      while (!isOver()) {
        lastAsked = performance.now()
        const { status } = await ask(socket)
        if (firstAnswer === 0) firstAnswer = performance.now()
        if (status === 200) admitted++
        else if (status === 429) refused++
        else throw new Error(`an answer of ${status}`)
      }
    }),
  )
  const end = performance.now()
  for (const socket of sockets) socket.destroy()
  return {
    admitted,
    refused,
    least: 1_000 + Math.floor((lastAsked - firstAnswer) / intervalMs),
    most: 1_000 + Math.floor((end - begin) / intervalMs),
  }
}

test('1,000 in a minute admits exactly what GCRA allows, over two workers and 64 connections', async (t) => {
  const bed = await startLimited(t, limits, { gateway: { workers: 2 } })
  const { admitted, refused, least, most } = await load([bed], 64, 3_000)
  t.diagnostic(`${admitted} admitted, ${refused} refused; GCRA allows ${least} to ${most}`)
  assert(refused > enoughRefusals, 'there was more load than the limit allows')
  assert(admitted >= least && admitted <= most, `${admitted} of ${least} to ${most}`)
  assert.equal(bed.reached(), admitted)
})

test('two gateways with one Redis admit at most one percent more than one would', {
  skip: redisIsMissing(),
}, async (t) => {
  const redis = await startRedis(t)
  const gateway = { counters: { redis: { url: redis.url, timeoutMs: 2_000 }, whenAway: 'closed' } }
  const beds = [
    await startLimited(t, limits, { gateway }),
    await startLimited(t, limits, { gateway }),
  ]
  const { admitted, refused, least, most } = await load(beds, 64, 3_000)
  t.diagnostic(`${admitted} admitted, ${refused} refused; GCRA allows ${least} to ${most}`)
  assert(refused > enoughRefusals)
  assert(admitted >= least * 0.99 && admitted <= most * 1.01, `${admitted} of ${least} to ${most}`)
  const page = await (await fetch(`${beds[0]?.operations}/metrics`)).text()
  assert.match(page, /^sallyport_counters_redis_away 0$/m)
  assert.match(page, /^sallyport_limits_total\{.*rule="all",outcome="refused"\} [1-9]/m)
})
