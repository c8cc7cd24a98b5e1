import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readArguments } from '../src/arguments.ts'

test('the benchmark alone is measured with the usual settings', () => {
  assert.deepEqual(readArguments(['gateway']), {
    isJson: false,
    isCheck: false,
    settings: {
      rounds: 7,
      requests: 10_000,
      handshakes: 300,
      concurrency: 32,
      handshakeConcurrency: 8,
    },
  })
})

test('counts, --json and --check are taken over', () => {
  const reading = readArguments(['gateway', '--json', '--check', '--requests', '50', '--rounds=2'])
  assert.ok('settings' in reading)
  assert.equal(reading.settings.requests, 50)
  assert.equal(reading.settings.rounds, 2)
  assert.equal(reading.isJson, true)
  assert.equal(reading.isCheck, true)
})

for (const [what, argv] of [
  ['no benchmark', []],
  ['an unknown benchmark', ['authority']],
  ['an unknown option', ['gateway', '--fast']],
  ['a count of nothing', ['gateway', '--requests', '0']],
  ['a count that is no number', ['gateway', '--rounds', 'many']],
  ['a count beyond all bounds', ['gateway', '--handshakes', '1000001']],
] as const) {
  test(`${what} is wrong use`, () => {
    assert.ok('complaint' in readArguments([...argv]))
  })
}
