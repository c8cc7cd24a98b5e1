import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { stat } from 'node:fs/promises'
import path from 'node:path'
import { test } from 'node:test'
import { type EndedKind, endedKinds } from '@sallyport/wire'
import { KnownStatus } from '../src/control/known-status.ts'
import { snapshotFile } from '../src/control/snapshot-file.ts'
import { statusControl } from '../src/status/status-control.ts'
import { ask, askOnce, connect, eventually } from './support/client.ts'
import { startBed } from './support/gateway.ts'
import { createWorld } from './support/world.ts'
import { TestAuthority } from './support/authority.ts'

const ends = 50_000
const changes = 10_000
const kinds = Object.keys(endedKinds) as EndedKind[]
const keyOf = (index: number) => createHash('sha256').update(`${index}`).digest('base64url')

test(`${ends} ends of tokens are taken up at the start, and ${changes} changes of devices are followed, beside traffic`, {
  timeout: 60_000,
}, async (t) => {
  const world = await createWorld()
  const authority = new TestAuthority(world)
  await authority.start()
  t.after(() => authority.stop())
  const until = Date.now() + 86_400_000
  for (let index = 0; index < ends; index++) {
    const kind = kinds[index % kinds.length] ?? 'token'
    authority.ended[kind].push({ key: keyOf(index), status: 'ended', until })
  }
  const rss = process.memoryUsage().rss
  const begun = performance.now()
  const bed = await startBed(t, { world, authority, gateway: { workers: 2 } })
  const device = await world.device()
  await eventually(async () => (await askOnce(bed, device)).status === 200, 10_000)
  const startMs = performance.now() - begun
  const file = path.join(bed.directory, 'state', 'status.snapshot')
  await eventually(async () => (await stat(file).catch(() => undefined)) !== undefined, 10_000)
  const mebibytes = (process.memoryUsage().rss - rss) / 1_048_576
  t.diagnostic(
    `started in ${startMs.toFixed()} ms, ${mebibytes.toFixed()} MiB, ${(await stat(file)).size} bytes on disk`,
  )
  assert(startMs < 10_000)

  const isFollowed = new AbortController()
  const socket = await connect(bed, device)
  t.after(() => socket.destroy())
  const served = (async () => {
    const durations: number[] = []
    while (!isFollowed.signal.aborted) {
      const from = performance.now()
      assert.equal((await ask(socket)).status, 200)
      durations.push(performance.now() - from)
      await new Promise((resolve) => setTimeout(resolve, 2))
    }
    return durations.toSorted((one, other) => one - other)
  })()
  const following = performance.now()
  let last = 0
  for (let index = 0; index < changes; index++) {
    last = authority.change('device', `dev_${index}`, 'revoked')
    if (index % 100 === 99) await new Promise((resolve) => setImmediate(resolve))
  }
  const isApplied = () =>
    authority.reports.some(({ applied }) => applied.some(({ seq }) => seq === last))
  await eventually(isApplied, 20_000)
  const followMs = performance.now() - following
  isFollowed.abort()
  const durations = await served
  const at = (part: number) => durations[Math.floor((durations.length - 1) * part)] ?? 0
  t.diagnostic(
    `${changes} changes in ${followMs.toFixed()} ms; ${durations.length} requests meanwhile: half within ${at(0.5).toFixed(1)} ms, 99 % within ${at(0.99).toFixed(1)} ms, all within ${at(1).toFixed(1)} ms`,
  )
  assert(followMs < 20_000)
  // Of a client, an authority and a service in the gateway's own process as well.
  assert(at(0.99) < 1_000)
  await bed.gateway.close()
  const kept = await snapshotFile(path.dirname(file)).read()
  assert(kept !== undefined && !(kept instanceof Error))
  const known = new KnownStatus(statusControl(), async () => {})
  known.replace(kept.status)
  const devices = new Set(known.refused('device'))
  assert(devices.has('dev_0') && devices.has(`dev_${changes - 1}`))
  assert.equal(new Set(known.refused('token')).has(keyOf(0)), true)
})
