import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, test } from 'node:test'
import pino from 'pino'
import { openStore, type Store } from '../../src/store/store.ts'
import { Leases } from '../../src/work/leases.ts'
import { storeIn } from '../fixture/store-place.ts'

let directory: string
let store: Store
beforeEach(async () => {
  directory = mkdtempSync(path.join(tmpdir(), 'sallyport-leases-'))
  store = await openStore(storeIn(directory))
})
afterEach(async () => {
  await store.close()
  rmSync(directory, { recursive: true })
})

const leasesOf = (holder: string, of = store) =>
  new Leases({ store: of, log: pino({ level: 'silent' }), holder })
const lapse = () => store.write((tx) => tx.updateTable('leases').set({ until: 0 }).execute())

test('of several authorities one does the work, and goes on doing it', async () => {
  const authorities = ['a', 'b', 'c'].map((holder) => leasesOf(holder))
  const done: string[] = []
  for (let round = 0; round < 3; round++) {
    const results = await Promise.all(
      authorities.map((leases, index) =>
        leases.run('work', 60_000, async () => void done.push(String(index))),
      ),
    )
    assert.equal(results.filter(Boolean).length, 1)
  }
  assert.equal(done.length, 3)
  assert.equal(new Set(done).size, 1)
})

test('one that died is followed when its time is over, and not before', async () => {
  const [dead, next] = [leasesOf('dead'), leasesOf('next')]
  assert.equal(await dead.run('work', 60_000, async () => {}), true)
  assert.equal(await next.run('work', 60_000, async () => {}), false)
  await lapse()
  assert.equal(await next.run('work', 60_000, async () => {}), true)
})

test('one that closes is followed at once', async () => {
  const [first, next] = [leasesOf('first'), leasesOf('next')]
  await first.run('work', 60_000, async () => {})
  await first.close()
  assert.equal(await next.run('work', 60_000, async () => {}), true)
})

test('time is that of the store: an authority whose clock is days off waits as all do', async (t) => {
  const [right, wrong] = [leasesOf('right'), leasesOf('wrong')]
  assert.equal(await right.run('work', 60_000, async () => {}), true)
  t.mock.timers.enable({ apis: ['Date'], now: Date.now() + 86_400_000 })
  assert.equal(await wrong.run('work', 60_000, async () => {}), false)
  assert.equal(await wrong.run('other', 60_000, async () => {}), true)
  t.mock.timers.reset()
  const row = await store.read
    .selectFrom('leases')
    .selectAll()
    .where('name', '=', 'other')
    .executeTakeFirstOrThrow()
  assert.ok(Math.abs(row.until - Date.now() - 60_000) < 30_000)
})

test('work that throws ends nobody, and leaves the lease where it is', async () => {
  const [one, other] = [leasesOf('one'), leasesOf('other')]
  await assert.rejects(
    one.run('work', 60_000, () => Promise.reject(new Error('it failed'))),
    /it failed/,
  )
  assert.equal(await other.run('work', 60_000, async () => {}), false)
})

test('work goes on for longer than its lease, which is renewed meanwhile; work that lost it hears so', async () => {
  const [slow, other] = [leasesOf('slow'), leasesOf('other')]
  // Renewed every five seconds, and taken by the other after the first renewal.
  await slow.run('work', 15_000, async (signal) => {
    await store.write((tx) => tx.updateTable('leases').set({ until: 0 }).execute())
    assert.equal(await other.run('work', 60_000, async () => {}), true)
    if (!signal.aborted) {
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
    }
  })
})
