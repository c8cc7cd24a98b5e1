import assert from 'node:assert/strict'
import { test } from 'node:test'
import { keyMaker } from '../../src/counters/counter-key.ts'
import type { Claim, Standing } from '../../src/counters/counters.ts'
import { ruleWords, standingWords } from '../../src/limits/refusal-words.ts'

const key = keyMaker(new Uint8Array(16)).ofParts(['rule', 'secret-value'])
const claim: Claim = {
  limit: { kind: 'rate', intervalNs: 6e7, toleranceNs: 6e9 },
  key,
  isProven: true,
  cost: 1,
}
const standing: Standing = {
  isAdmitted: false,
  remaining: 0,
  resetMs: 6_000,
  retryMs: 55,
  mark: 0,
  before: 0,
  level: 'key',
}

const rules = [
  {
    rule: { name: 'a', key: 'device', limit: 1_000, per: '1m', burst: 100 },
    words: 'at most 1000 in 1m: one each 60 ms, and after a pause 100 without waiting (burst)',
  },
  {
    rule: { name: 'a', key: 'device', limit: 3, per: '1h', cost: 2 },
    words:
      'at most 3 in 1h: one each 20 min, and after a pause 3 without waiting (burst); a request of this route takes 2',
  },
  {
    rule: { name: 'a', key: 'user', limit: 5, perDayIn: 'Europe/Berlin', countStatus: [401] },
    words: 'at most 5 answered 401 a day in Europe/Berlin',
  },
  { rule: { name: 'a', key: 'user', atOnce: 6 }, words: 'at most 6 under way at the same time' },
] as const
for (const { rule, words } of rules) {
  test(`a rule in words: ${words}`, () => assert.equal(ruleWords(rule), words))
}

test('a refusal says what is left, when again, and under which key, without the key itself', () => {
  const words = standingWords(claim, standing, 'device')
  assert.match(
    words,
    /^0 left; again in 55 ms, and as if nothing had been in 6 s\. device \(#[\w-]{8}, proven\), counted by itself$/,
  )
  assert(!words.includes('secret-value'))
})

test('what is under way ends when it ends, and what costs more than is left says so', () => {
  const open = standingWords(
    { ...claim, limit: { kind: 'concurrency', maximum: 2 } },
    { ...standing, retryMs: 0, resetMs: 0 },
    'device',
  )
  assert.match(open, /^0 left; again when one of them ends\. /)
  const dear = standingWords({ ...claim, cost: 5 }, { ...standing, remaining: 2 }, 'device')
  assert.match(dear, /^2 left, and 5 asked for; /)
})
