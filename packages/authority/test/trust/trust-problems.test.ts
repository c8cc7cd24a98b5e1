import assert from 'node:assert/strict'
import { test } from 'node:test'
import pino from 'pino'
import { Problem } from '@sallyport/problem'
import { TrustProblems } from '../../src/trust/trust-problems.ts'

function logged() {
  const lines: { level: number; code: string; about: string }[] = []
  const log = pino({}, { write: (line: string) => lines.push(JSON.parse(line)) })
  return { lines, log }
}

test('a problem is logged when it begins and when it ends, and not in between', () => {
  const { lines, log } = logged()
  let now = 1_000
  const problems = new TrustProblems(log, () => now)
  problems.raise('trust_source_unreachable', 'statusList', 'first')
  now = 2_000
  problems.raise('trust_source_unreachable', 'statusList', 'second')
  assert.deepEqual(problems.all, [
    { code: 'trust_source_unreachable', about: 'statusList', detail: 'second', since: 1_000 },
  ])
  assert.deepEqual(
    lines.map(({ level }) => level),
    [40],
  )
  problems.raise('trust_source_unreachable', 'roots', 'another')
  problems.clear('trust_source_unreachable', 'statusList')
  problems.clear('trust_source_unreachable', 'statusList')
  assert.deepEqual(
    lines.map(({ level, about }) => [level, about]),
    [
      [40, 'statusList'],
      [40, 'roots'],
      [30, 'statusList'],
    ],
  )
  assert.equal(problems.all.length, 1)
})

test('what is no problem of ours goes on as it is', () => {
  const problems = new TrustProblems(logged().log, () => 0)
  assert.throws(() => problems.raiseThrown(new TypeError('ours'), 'roots'), TypeError)
  problems.raiseThrown(new Problem('status_list_malformed', { expected: 'a', found: 'b' }), 'roots')
  assert.match(problems.all[0]?.detail ?? '', /expected a, found b$/)
})
