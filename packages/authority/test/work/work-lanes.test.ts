import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { test } from 'node:test'
import { isProblem } from '@sallyport/problem'
import { type Lane, WorkLanes } from '../../src/work/work-lanes.ts'

const limits = (reserved: number, maxWaiting = 10) => ({
  renewal: { maxWaiting, reserved },
  enrollment: { maxWaiting, reserved },
  admin: { maxWaiting, reserved },
  gateway: { maxWaiting, reserved },
  sessions: { maxWaiting, reserved },
  status: { maxWaiting, reserved },
})

/** Work that runs until it is let go. */
function gate() {
  const { promise, resolve } = Promise.withResolvers<void>()
  return { work: () => promise, open: resolve }
}

test('renewals go before enrolments, and enrolments before admin work', async () => {
  const lanes = new WorkLanes({ maxRunning: 1, limits: limits(0) })
  const order: string[] = []
  const first = gate()
  const running = lanes.run('admin', first.work)
  const waiting = (['admin', 'enrollment', 'renewal'] as const).map((lane) =>
    lanes.run(lane, async () => {
      order.push(lane)
    }),
  )
  first.open()
  await Promise.all([running, ...waiting])
  assert.deepEqual(order, ['renewal', 'enrollment', 'admin'])
})

test('a lane that is full refuses with authority_busy, and the others go on', async () => {
  const lanes = new WorkLanes({ maxRunning: 1, limits: limits(0, 2) })
  const first = gate()
  const running = [lanes.run('enrollment', first.work)]
  running.push(lanes.run('enrollment', first.work), lanes.run('enrollment', first.work))
  await assert.rejects(lanes.run('enrollment', first.work), (error) => {
    assert.ok(isProblem(error))
    return error.code === 'authority_busy' && error.retryAfterSeconds === 5
  })
  running.push(lanes.run('renewal', first.work))
  const state = lanes.snapshot().find(({ lane }) => lane === 'enrollment')
  assert.deepEqual(state, { lane: 'enrollment', waiting: 2, running: 1, refused: 1 })
  first.open()
  await Promise.all(running)
})

test('a flood in one lane leaves the reserve of another free', async () => {
  const lanes = new WorkLanes({ maxRunning: 8, limits: limits(1, 100) })
  const flood = gate()
  const running = Array.from({ length: 50 }, () => lanes.run('renewal', flood.work))
  const done = await Promise.race([
    lanes.run('admin', async () => 'revoked'),
    sleep(500, 'starved'),
  ])
  assert.equal(done, 'revoked')
  flood.open()
  await Promise.all(running)
})

test('work that waited too long is refused: its caller has gone', async () => {
  const lanes = new WorkLanes({ maxRunning: 1, maxWaitMs: 10, limits: limits(0) })
  const first = gate()
  const running = lanes.run('renewal', first.work)
  const late = lanes.run('enrollment', async () => 'too late')
  await sleep(30)
  first.open()
  await assert.rejects(late, (error) => isProblem(error) && error.code === 'authority_busy')
  await running
})

test('work that fails tells its caller, and makes room', async () => {
  const lanes = new WorkLanes({ maxRunning: 1, limits: limits(0) })
  const failing = lanes.run('admin', () => Promise.reject(new Error('no')))
  const next = lanes.run<Lane>('admin', async () => 'admin')
  await assert.rejects(failing, /no/)
  assert.equal(await next, 'admin')
})
