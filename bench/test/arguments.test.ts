import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readArguments, usage } from '../src/arguments.ts'
import { benchmarks } from '../src/benchmarks.ts'

const read = (...argv: string[]) => readArguments(argv, benchmarks)

test('a benchmark alone is measured with the usual settings', () => {
  const reading = read('gateway')
  assert.ok('benchmark' in reading)
  assert.equal(reading.benchmark.name, 'gateway')
  assert.deepEqual(reading.counts, { rounds: 7, requests: 10_000, handshakes: 300 })
  assert.equal(reading.isJson, false)
  assert.equal(reading.isCheck, false)
})

test('counts, --json and --check are taken over', () => {
  const reading = read('attestation', '--json', '--check', '--verifications', '50', '--rounds=2')
  assert.ok('benchmark' in reading)
  assert.equal(reading.benchmark.name, 'attestation')
  assert.deepEqual(reading.counts, { rounds: 2, verifications: 50 })
  assert.equal(reading.isJson, true)
  assert.equal(reading.isCheck, true)
})

test('--help says what every benchmark takes', () => {
  assert.deepEqual(read('gateway', '--help'), { help: true })
  const text = usage(benchmarks)
  for (const { name, counts } of benchmarks) {
    assert.ok(text.includes(name))
    for (const option of Object.keys(counts)) assert.ok(text.includes(`--${option} N`))
  }
})

for (const [what, argv] of [
  ['no benchmark', []],
  ['an unknown benchmark', ['console']],
  ['a second benchmark', ['gateway', 'attestation']],
  ['an unknown option', ['gateway', '--fast']],
  ["another benchmark's option", ['attestation', '--requests', '50']],
  ['a count of nothing', ['gateway', '--requests', '0']],
  ['a count that is no number', ['gateway', '--rounds', 'many']],
  ['a count beyond all bounds', ['gateway', '--handshakes', '1000001']],
] as const) {
  test(`${what} is wrong use`, () => {
    assert.ok('complaint' in read(...argv))
  })
}
