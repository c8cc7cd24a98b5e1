import assert from 'node:assert/strict'
import { test } from 'node:test'
import { measureInTurns } from '../../src/attestation/turns.ts'

test('each piece of work is done as often as asked, in turns', () => {
  const order: string[] = []
  const work = (name: string) => () => order.push(name) > 0
  const spent = measureInTurns([work('a'), work('b')], 50)
  assert.equal(spent?.length, 2)
  assert.equal(order.filter((name) => name === 'a').length, 50)
  assert.equal(order.filter((name) => name === 'b').length, 50)
  assert.equal(order[20], 'b')
})

test('work that takes longer is found to', () => {
  const burn = (milliseconds: number) => () => {
    const end = process.cpuUsage().user + milliseconds * 1_000
    while (process.cpuUsage().user < end);
    return true
  }
  const [short = 0, long = 0] = measureInTurns([burn(0.5), burn(3)], 20) ?? []
  assert.ok(long > 2 * short, `${short} and ${long} µs`)
})

test('work that fails is not measured', () => {
  assert.equal(measureInTurns([() => true, () => false], 1), undefined)
})
