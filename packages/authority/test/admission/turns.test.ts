import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Turns } from '../../src/admission/turns.ts'

/** Takes as many turns; in which round of the event loop each was. */
function take(turns: Turns, count: number): Promise<number[]> {
  const rounds: number[] = []
  let round = 0
  let isOver = false
  const next = () => {
    round++
    if (!isOver) setImmediate(next)
  }
  setImmediate(next)
  return new Promise((resolve) => {
    const again = () => {
      if (rounds.length === count) {
        isOver = true
        resolve(rounds)
      } else if (turns.take(again)) rounds.push(round)
    }
    again()
    again()
  })
}

test('there is one turn in each round of the event loop', async () => {
  const rounds = await take(new Turns({ areAtWork: false, arrivals: 0 }), 50)
  assert.equal(new Set(rounds).size, 50)
})

test('while holders are at work turns are rarer, and do not end', async () => {
  const burn = () => {
    const until = performance.now() + 2
    while (performance.now() < until);
  }
  const turns = new Turns({ areAtWork: true, arrivals: 0 })
  const startedAt = performance.now()
  await new Promise<void>((resolve) => {
    let left = 10
    const again = () => {
      if (left === 0) resolve()
      else if (turns.take(again)) {
        left--
        burn()
      }
    }
    again()
  })
  // Nine times a round of two milliseconds, and twice as long of rest.
  assert.ok(performance.now() - startedAt >= 9 * 2 * 3)
})

test('a round in which somebody arrived is none of theirs, up to a bound', async () => {
  const loop = { areAtWork: false, arrivals: 0 }
  const turns = new Turns(loop)
  let looks = 0
  let isTaken = false
  await new Promise<void>((resolve) => {
    const again = () => {
      if (isTaken) return
      loop.arrivals++
      looks++
      isTaken = turns.take(again)
      if (isTaken) resolve()
    }
    again()
  })
  assert.equal(looks, 17)
})
