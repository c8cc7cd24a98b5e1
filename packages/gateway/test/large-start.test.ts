import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { rm } from 'node:fs/promises'
import path from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { TestAuthority } from './support/authority.ts'
import { startBed } from './support/gateway.ts'
import { createWorld } from './support/world.ts'

const revoked = 100_000
const runs = 3

/** From the start of its process until a gateway serves, in milliseconds: the best of a few runs. */
async function startTimes(t: TestContext, entries: number) {
  const world = await createWorld()
  const authority = new TestAuthority(world)
  await authority.start()
  for (let index = 0; index < entries; index++) {
    authority.list('certificate', randomBytes(32).toString('base64url'), 'revoked')
  }
  const bytes = authority.sealedSnapshot()
  authority.sends = () => ({ bytes })
  const bed = await startBed(t, { world, authority })
  await bed.gateway.close()
  const state = path.join(bed.directory, 'state')
  const start = async (): Promise<number> => {
    const module = new URL('./support/gateway-process.js', import.meta.url)
    const begun = performance.now()
    const child = fork(module, [path.join(bed.directory, 'sallyport.yaml')])
    t.after(() => child.kill('SIGKILL'))
    await once(child, 'message')
    const tookMs = performance.now() - begun
    // Its snapshot is on disk by then.
    await sleep(500)
    child.kill('SIGKILL')
    await once(child, 'exit')
    return tookMs
  }
  const times = { authority: Number.POSITIVE_INFINITY, disk: Number.POSITIVE_INFINITY }
  for (let run = 0; run < runs; run++) {
    await rm(state, { recursive: true, force: true })
    times.authority = Math.min(times.authority, await start())
    times.disk = Math.min(times.disk, await start())
  }
  return times
}

test(`a gateway starts with ${revoked} revoked certificates about as fast as with none`, {
  timeout: 120_000,
}, async (t) => {
  const none = await startTimes(t, 0)
  const many = await startTimes(t, revoked)
  for (const from of ['authority', 'disk'] as const) {
    t.diagnostic(`from ${from}: ${many[from].toFixed()} ms, with none ${none[from].toFixed()} ms`)
    assert(many[from] - none[from] < 1_000)
  }
})
