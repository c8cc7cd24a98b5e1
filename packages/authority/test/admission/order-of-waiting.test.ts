import assert from 'node:assert/strict'
import type { Socket } from 'node:net'
import { test } from 'node:test'
import fc from 'fast-check'
import { WaitingConnections } from '../../src/admission/waiting-connections.ts'

/** How many were before it when it came, and for how many turns it waited. */
type Served = { readonly before: number; readonly turns: number }

/**
 * One turn after the other, each of one connection, until all that came were served.
 *
 * @param arrivals the addresses of those who come before each turn
 */
function serve(arrivals: readonly (readonly string[])[]): Served[] {
  const waiting = new WaitingConnections(100_000)
  const served: Served[] = []
  let since = 0
  let turn = 0
  for (; turn < arrivals.length || waiting.size > 0; turn++) {
    for (const address of arrivals[turn] ?? []) {
      const before = waiting.size
      const arrivedAt = turn
      const admit = () => served.push({ before, turns: turn - arrivedAt })
      waiting.add({ socket: {} as Socket, since: since++, admit }, address)
    }
    waiting.next()?.admit()
  }
  return served
}

const carrier = '192.0.2.1'
/** Eight of ten turns have someone to serve. */
const steadily = (turns: number) =>
  Array.from({ length: turns }, (_, turn) => (turn % 5 === 4 ? [] : [carrier]))
const longest = (served: readonly Served[]) => Math.max(...served.map(({ turns }) => turns))

test('whoever comes when, nobody waits for more than two turns for each that was before it', () => {
  const address = fc.integer({ min: 1, max: 6 }).map((host) => `192.0.2.${host}`)
  const burst = fc.array(address, { maxLength: 40 })
  const arrivals = fc.array(
    fc.oneof({ weight: 4, arbitrary: fc.array(address, { maxLength: 2 }) }, burst),
  )
  fc.assert(
    fc.property(arrivals, (all) => {
      const served = serve(all)
      assert.equal(served.length, all.flat().length)
      for (const { before, turns } of served) assert.ok(turns <= 2 * before + 1)
    }),
    { numRuns: 500 },
  )
})

test('with a load of four fifths, all of one address, nobody waits', () => {
  const served = serve(steadily(5_000))
  assert.equal(served.length, 4_000)
  assert.equal(longest(served), 0)
})

test('a burst amid such a load is served in order of its size, and whoever comes after it is not held up by it', () => {
  const burst = 1_000
  const [first = [], ...rest] = steadily(20_000)
  const served = serve([[...first, ...Array<string>(burst).fill(carrier)], ...rest])
  assert.equal(served.length, 16_000 + burst)
  assert.ok(longest(served) <= 2 * burst + 1, `${longest(served)} turns`)
  const atOnce = served.filter(({ turns }) => turns <= 1).length
  assert.ok(atOnce >= 8_000, `${atOnce} were served at once`)
})

test('a crowd behind one address is not starved by a flood from addresses without end', () => {
  let fresh = 0
  const crowd = Array.from({ length: 200 }, () => carrier)
  const flood = Array.from({ length: 2_000 }, () => [`198.51.${++fresh >> 8}.${fresh & 255}`])
  const served = serve([crowd, ...flood])
  const ofCrowd = served.filter(({ before }) => before < crowd.length).slice(0, crowd.length)
  assert.ok(longest(ofCrowd) <= 2 * crowd.length + 1, `${longest(ofCrowd)} turns`)
})
