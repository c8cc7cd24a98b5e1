import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  meetsAuthorityLimits,
  type MeasuredWork,
  reportedRevocations,
  reportedWork,
} from '../../src/authority/authority-report.ts'
import { authorityText } from '../../src/authority/authority-text.ts'

const measured = (limit: number | undefined, whole: number[]): MeasuredWork => ({
  work: {
    name: 'enrolment',
    about: 'of nobody',
    times: 1,
    run: () => Promise.resolve(),
    bare: () => Promise.resolve(0),
    ...(limit === undefined ? {} : { limit }),
  },
  whole,
  bare: [100, 110, 90],
  perSecond: [10, 30, 20],
})
const cost = (revoked: number, microseconds: number) => ({ revoked, microseconds, samples: [] })
const report = (limit: number | undefined, last: number) => ({
  machine: { cores: 2 },
  settings: { rounds: 3 },
  works: [reportedWork(measured(limit, [300, 330, 270]))],
  revocations: reportedRevocations([cost(1_000, 100), cost(100_000, last)]),
})

describe('the report on an authority', () => {
  it('compares each round with the cryptography of the same round', () => {
    const { ratio, microseconds, perSecond } = reportedWork(measured(3, [300, 330, 270]))
    assert.deepEqual([ratio, microseconds, perSecond], [3, 300, 20])
  })

  it('meets its limits where the ratio is at most as great, and a revocation costs no more', () => {
    assert.equal(meetsAuthorityLimits(report(3, 100)), true)
    assert.equal(meetsAuthorityLimits(report(2.9, 100)), false)
    assert.equal(meetsAuthorityLimits(report(undefined, 130)), true)
    assert.equal(meetsAuthorityLimits(report(undefined, 131)), false)
  })

  it('says what is not met', () => {
    const text = authorityText(report(2.5, 400))
    assert.match(text, /NOT met: enrolment: at most 2.50 ×, found 3.00 ×/)
    assert.match(
      text,
      /NOT met: a revocation, the most beside the fewest: at most 1.30 ×, found 4.00 ×/,
    )
    assert.match(text, /\| 100,000 +\| +400 \|/)
  })
})
