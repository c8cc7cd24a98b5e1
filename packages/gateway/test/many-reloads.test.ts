import assert from 'node:assert/strict'
import { readdirSync, readlinkSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { test } from 'node:test'
import { ask, connect, eventually } from './support/client.ts'
import { startBed, route } from './support/gateway.ts'
import { redisIsMissing, startRedis } from './support/redis.ts'

const reloads = 25

/** Open descriptors of this process, by kind. */
function descriptors(): number {
  return readdirSync('/proc/self/fd').filter((name) => {
    try {
      return readlinkSync(`/proc/self/fd/${name}`) !== ''
    } catch {
      return false
    }
  }).length
}

test('many reloads under traffic, each another configuration, leave nothing behind and refuse nobody', {
  skip: process.platform === 'linux' ? redisIsMissing() : 'descriptors are counted on Linux',
}, async (t) => {
  const redis = await startRedis(t)
  const bed = await startBed(t, { gateway: { workers: 2 } })
  const device = await bed.world.device()
  const list = (seed: number) =>
    Array.from({ length: 20_000 }, (_, index) => {
      const number = (index * 7 + seed) % 65_536
      return `${20 + (index >> 14)}.${number >> 8}.${number & 255}.${index & 255}\n`
    }).join('')
  const rules = (limit: number) => [{ name: 'a', key: 'device', limit, per: '1m' }]
  const configure = async (round: number) => {
    await writeFile(path.join(bed.directory, 'list.txt'), list(round % 3))
    await bed.writeConfig({
      hosts: {
        'api.example.com': {
          clientCertificate: 'explain',
          routes: [route({ stages: { limits: { rules: rules(1_000_000 + (round % 5)) } } })],
        },
      },
      gateway: {
        workers: 2,
        addresses: { files: [{ file: 'list.txt' }] },
        upstreams: { service: { targets: [bed.service.url] } },
        counters: {
          redis: { url: redis.url, timeoutMs: 500 + (round % 7), keyPrefix: `p${round % 2}` },
          whenAway: 'local',
        },
      },
    })
    await bed.gateway.reload()
  }
  const statuses = new Map<number, number>()
  const over = new AbortController()
  const traffic = Array.from({ length: 4 }, async () => {
    const socket = await connect(bed, device)
    while (!over.signal.aborted) {
      const { status } = await ask(socket)
      statuses.set(status, (statuses.get(status) ?? 0) + 1)
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    socket.destroy()
  })
  for (let round = 0; round < 5; round++) await configure(round)
  const [fdsBefore, rssBefore] = [descriptors(), process.memoryUsage.rss()]
  for (let round = 5; round < reloads; round++) await configure(round)
  over.abort()
  await Promise.all(traffic)
  assert.deepEqual([...statuses.keys()], [200])
  const connections = async () =>
    (await redis.say('CLIENT LIST')).split('\n').filter((line) => line.includes('id=')).length
  // One of each worker, and the one that asks.
  await eventually(async () => (await connections()) <= 3)
  await eventually(() => descriptors() <= fdsBefore + 4)
  const grownMiB = (process.memoryUsage.rss() - rssBefore) / 2 ** 20
  t.diagnostic(
    `${statuses.get(200)} requests; ${grownMiB.toFixed(0)} MiB more, ${descriptors() - fdsBefore} descriptors more`,
  )
  assert(grownMiB < 400, `${grownMiB} MiB`)
})
