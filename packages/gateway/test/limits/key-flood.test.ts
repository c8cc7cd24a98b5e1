import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CounterMemory } from '../../src/counters/counter-memory.ts'
import type { Claim, RateLimit } from '../../src/counters/counters.ts'
import { LocalCounters } from '../../src/counters/local-counters.ts'

const limit: RateLimit = { kind: 'rate', intervalNs: 3.6e12, toleranceNs: 3.6e12 }
const flood = 10_000_000

test('ten million random limit keys free nobody, and touch nobody whose key is proven', (t) => {
  const memory = new CounterMemory(
    {
      provenKeys: 65_536,
      claimedKeys: 65_536,
      replayKeys: 1_024,
      knownKeys: 1_024,
      openKeys: 1_024,
    },
    1,
  )
  const counters = new LocalCounters(memory.seat(0))
  const claim = (isProven: boolean, name: string): Claim => ({
    limit,
    key: counters.keyOf(['rule', name], ['rule', 'network']),
    isProven,
    cost: 1,
  })
  const isAdmitted = (asked: Claim) => counters.take([asked]).refused < 0
  const over = Array.from({ length: 1_000 }, (_, index) => claim(false, `victim ${index}`))
  for (const one of over) assert(isAdmitted(one))
  const begin = performance.now()
  // Words as the keyed hash would make them: nobody can choose better ones.
  let state = 1
  const word = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0
    return (state ^ (state >>> 15)) | 0
  }
  const parts = ['rule', 'flood']
  let admitted = 0
  for (let index = 0; index < flood; index++) {
    const key = {
      first: word(),
      second: word(),
      third: word(),
      fourth: index,
      parts,
      coarseParts: ['rule', index & 1 ? 'network' : 'elsewhere'],
    }
    if (isAdmitted({ limit, key, isProven: false, cost: 1 })) admitted++
  }
  const ms = performance.now() - begin
  t.diagnostic(`${((ms * 1e6) / flood).toFixed(0)} ns a key; ${admitted} had room of their own`)
  assert(ms < 120_000)
  assert(admitted <= 65_536 + 2, 'beyond the table, one coarse counter for each network')
  assert(admitted > 60_000, 'the table fills up before keys are counted together')
  assert.deepEqual(over.filter(isAdmitted), [], 'nobody is freed')
  const fill = memory.fill()
  assert((fill['claimed'] ?? 0) > 0.95)
  assert.equal(fill['proven'], 0)
  for (let index = 0; index < 1_000; index++) {
    const proven = claim(true, `device ${index}`)
    assert(isAdmitted(proven))
    assert(!isAdmitted(proven))
  }
})
