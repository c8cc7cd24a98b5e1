import assert from 'node:assert/strict'
import { test } from 'node:test'
import { newLedger } from '../src/ledger.ts'

test('each reason has its first lines, and then one that counts', () => {
  const ledger = newLedger()
  for (let index = 0; index < 1_000; index += 1)
    ledger.note(`entry ${index}`, 'encrypted: not read')
  ledger.note('another', 'cut off')
  const lines = ledger.lines()
  assert.equal(lines.length, 22)
  assert.deepEqual(lines[0], { path: 'entry 0', why: 'encrypted: not read' })
  assert.deepEqual(lines[20], { path: '(and 980 more)', why: 'encrypted: not read' })
  assert.deepEqual(lines[21], { path: 'another', why: 'cut off' })
})

test('the same line twice is one', () => {
  const ledger = newLedger()
  for (let index = 0; index < 30; index += 1) ledger.note('a', 'why')
  assert.deepEqual(ledger.lines(), [{ path: 'a', why: 'why' }])
})

test('a reason for each of a million entries is not a million lines', () => {
  const ledger = newLedger()
  for (let index = 0; index < 100_000; index += 1) ledger.note(`${index}`, `reason ${index}`)
  assert.ok(ledger.lines().length < 600)
  assert.deepEqual(ledger.lines().at(-1)?.why, 'more reasons than are told apart here')
})
