import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { isProblem } from '@sallyport/problem'
import fc from 'fast-check'
import { parseTime, spanAhead, timeBefore, timeTextBefore } from '../src/time-input.ts'

const now = Date.UTC(2027, 0, 31, 12)
const hour = 3_600_000
const given = (since: string) => ({ arguments: [], options: { since } })

describe('times and spans of options', () => {
  it('are read in every form that help tells of', () => {
    assert.equal(timeBefore(given('90s'), 'since', now), now - 90_000)
    assert.equal(timeBefore(given('10m'), 'since', now), now - 600_000)
    assert.equal(timeBefore(given('24h'), 'since', now), now - 24 * hour)
    assert.equal(timeBefore(given('7d'), 'since', now), now - 7 * 24 * hour)
    assert.equal(timeBefore(given('2w'), 'since', now), now - 14 * 24 * hour)
    assert.equal(timeBefore(given('2027-01-30'), 'since', now), Date.UTC(2027, 0, 30))
    assert.equal(timeBefore(given('2027-01-30t10:00:00z'), 'since', now), Date.UTC(2027, 0, 30, 10))
    const east = given('2027-01-30T10:00:00.5+02:00')
    assert.equal(timeTextBefore(east, 'since', now), '2027-01-30T08:00:00.500Z')
    assert.equal(timeBefore({ arguments: [], options: {} }, 'since', now), undefined)
  })

  it('look ahead where something is to last', () => {
    assert.equal(spanAhead(given('24h'), 'since', now), 24 * hour)
    assert.equal(spanAhead(given('2027-01-31T13:00:00Z'), 'since', now), hour)
    assert.throws(() => spanAhead(given('2027-01-31'), 'since', now), {
      message: /--since is over already/,
    })
  })

  it('never begin before 1970, which the API could not be asked for', () => {
    assert.equal(timeTextBefore(given('999999w'), 'since', now), '1970-01-01T00:00:00.000Z')
  })

  it('say which forms there are, of whatever is none', () => {
    const none = ['7', 'd', '7 d', '-7d', '1d12h', '7D', '1e3s', 'yesterday', '', '2027-02-30']
    const noTimes = [
      '2027-01-31T12:00:00',
      '2027-01-31 12:00:00Z',
      '2027-01-31T25:00:00Z',
      '1769860800',
    ]
    for (const text of [...none, ...noTimes]) {
      assert.throws(
        () => timeBefore(given(text), 'since', now),
        (error) =>
          isProblem(error) &&
          error.code === 'command_usage' &&
          /7d/.test(error.expected ?? '') &&
          /2027-01-31T12:00:00Z/.test(error.expected ?? '') &&
          error.found === text,
        text,
      )
    }
    assert.throws(() => parseTime('7d', 'submittedAt'), { message: /--submitted-at is no time/ })
  })

  it('are read back as they were written', () => {
    fc.assert(
      fc.property(
        fc.date({ min: new Date(0), max: new Date('9999-12-31T23:59:59Z'), noInvalidDate: true }),
        (date) => assert.equal(parseTime(date.toISOString(), 'at'), date.getTime()),
      ),
    )
  })

  it('refuse any other text with a usage problem, and throw nothing else', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        try {
          assert.ok(Number.isSafeInteger(timeBefore(given(text), 'since', now)))
        } catch (error) {
          assert.ok(isProblem(error) && error.code === 'command_usage')
        }
      }),
    )
  })
})
