import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Deadlines, type Timed } from '../../src/forward/deadlines.ts'
import { until } from './client.ts'

class Watched implements Timed {
  slot = -1
  deadline: number
  expiredAt: number | undefined
  readonly #deadlines: Deadlines

  constructor(deadlines: Deadlines, deadline: number) {
    this.#deadlines = deadlines
    this.deadline = deadline
    deadlines.add(this)
  }

  expired(now: number): void {
    this.expiredAt = now
    this.#deadlines.remove(this)
  }
}

test('tells each entry whose time is over, and no other, by the clock it was given', async () => {
  let clock = 1_000
  const deadlines = new Deadlines(() => clock, 1)
  const entries = [50, 10, 30, 20, 40].map((at) => new Watched(deadlines, 1_000 + at))
  clock = 1_025
  await until(() => entries.filter((entry) => entry.expiredAt !== undefined).length === 2, 'two')
  assert.deepEqual(
    entries.map((entry) => entry.expiredAt !== undefined),
    [false, true, false, true, false],
  )
  clock = 2_000
  await until(() => entries.every((entry) => entry.expiredAt !== undefined), 'all')
})

test('an entry that was removed, or whose deadline moved, is left alone', async () => {
  let clock = 0
  const deadlines = new Deadlines(() => clock, 1)
  const [removed, moved, last] = [1, 2, 3].map((at) => new Watched(deadlines, at))
  assert.ok(removed && moved && last)
  deadlines.remove(removed)
  deadlines.remove(removed)
  moved.deadline = 1_000
  clock = 500
  await until(() => last.expiredAt === 500, 'the last')
  assert.equal(removed.expiredAt, undefined)
  assert.equal(moved.expiredAt, undefined)
  deadlines.remove(moved)
})
