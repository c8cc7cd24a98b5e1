import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FewAtOnce } from '../../src/work/few-at-once.ts'

/** Work that ends when it is told to, and says what runs. */
function heldWork() {
  const running: string[] = []
  const ends: (() => void)[] = []
  const work = (name: string) => async () => {
    running.push(name)
    await new Promise<void>((resolve) => ends.push(resolve))
    running.splice(running.indexOf(name), 1)
    return name
  }
  const endFirst = async () => {
    ends.shift()?.()
    await new Promise(setImmediate)
  }
  return { running, work, endFirst }
}

test('what asks under one key waits for itself, in order, and another key does not', async () => {
  const few = new FewAtOnce({ most: 2, maxWaiting: 2 })
  const { running, work, endFirst } = heldWork()
  const asked = ['a1', 'a2', 'a3', 'a4'].map((name) => few.run('a', work(name)))
  await assert.rejects(few.run('a', work('a5')), { code: 'authority_busy', retryAfterSeconds: 5 })
  const other = few.run('b', work('b1'))
  await new Promise(setImmediate)
  assert.deepEqual(running, ['a1', 'a2', 'b1'])
  await endFirst()
  assert.deepEqual(running, ['a2', 'b1', 'a3'])
  for (let left = 4; left > 0; left--) await endFirst()
  assert.deepEqual(await Promise.all([...asked, other]), ['a1', 'a2', 'a3', 'a4', 'b1'])
})

test('work that fails makes room as work that is done does', async () => {
  const few = new FewAtOnce({ most: 1, maxWaiting: 1 })
  const failing = () => few.run('a', () => Promise.reject(new Error('no')))
  for (let times = 0; times < 3; times++) await assert.rejects(failing(), /no/)
  assert.equal(await few.run('a', () => Promise.resolve('yes')), 'yes')
})
