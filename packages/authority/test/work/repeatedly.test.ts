import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { repeatedly } from '../../src/work/repeatedly.ts'

test('a round that takes long is joined by no other, and followed by the next', async (t) => {
  let running = 0
  let most = 0
  const seen = { rounds: 0 }
  let letGo = () => {}
  const held = new Promise<void>((resolve) => {
    letGo = resolve
  })
  const end = repeatedly(
    5,
    async () => {
      seen.rounds++
      running++
      most = Math.max(most, running)
      if (seen.rounds === 1) await held
      running--
    },
    (error) => assert.fail(String(error)),
  )
  t.after(end)
  while (seen.rounds === 0) await pause(5)
  await pause(50)
  assert.equal(seen.rounds, 1)
  letGo()
  while (seen.rounds < 4) await pause(5)
  assert.equal(most, 1)
})

test('a round that fails is told, and the next one comes, until it is ended', async () => {
  const told: string[] = []
  let rounds = 0
  const end = repeatedly(
    5,
    () => {
      rounds++
      if (rounds === 1) throw new TypeError('at once')
      return Promise.reject(new TypeError('later'))
    },
    (error) => told.push(String(error)),
  )
  while (told.length < 2) await pause(5)
  end()
  const done = rounds
  assert.deepEqual(told.slice(0, 2), ['TypeError: at once', 'TypeError: later'])
  await pause(50)
  assert.equal(rounds, done)
})
