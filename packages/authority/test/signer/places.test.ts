import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Places } from '../../src/signer/process/places.ts'

test('so many at once, in the order in which they came, also where one fails', async () => {
  const places = new Places(2)
  const order: number[] = []
  let running = 0
  let most = 0
  const work = (index: number) =>
    places.run(async () => {
      most = Math.max(most, ++running)
      order.push(index)
      await new Promise(setImmediate)
      running--
      if (index === 1) throw new Error('no')
    })
  const done = await Promise.allSettled([0, 1, 2, 3, 4].map(work))
  assert.deepEqual(order, [0, 1, 2, 3, 4])
  assert.equal(most, 2)
  assert.deepEqual(
    done.map(({ status }) => status),
    ['fulfilled', 'rejected', 'fulfilled', 'fulfilled', 'fulfilled'],
  )
})
