import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { isProblem } from '@sallyport/problem'
import fc from 'fast-check'
import { maxStatusListBytes, parseStatusList } from '../src/index.ts'
import { statusListSample } from './android-key/android-fixture.ts'

const listOf = (entries: unknown) => parseStatusList(JSON.stringify({ entries }), 7)
const isRefused = (error: unknown) => isProblem(error) && error.code === 'status_list_malformed'

describe('a status list', () => {
  it('of Google is read with its serial numbers of digits alone, which are hex', () => {
    const { entries, fetchedAt } = parseStatusList(Buffer.from(statusListSample()), 7)
    assert.equal(entries.size, 5)
    assert.equal(fetchedAt, 7)
    assert.deepEqual(entries.get('6681152659205225093'), {
      status: 'REVOKED',
      reason: 'KEY_COMPROMISE',
    })
    assert.equal(entries.get('cc66e9a93713b6e643b26c15879786f7')?.status, 'SUSPENDED')
  })
  it('names serial numbers without leading zeros, in lower case', () => {
    const { entries } = listOf({ '00AB': { status: 'REVOKED' }, '0': { status: 'SUSPENDED' } })
    assert.deepEqual([...entries.keys()].toSorted(), ['0', 'ab'])
  })
  it('may have members and words of tomorrow', () => {
    const { entries } = parseStatusList(
      '{"version":2,"entries":{"ab":{"status":"QUARANTINED","expires":"2030-01-01","x":1}}}',
      7,
    )
    assert.deepEqual(entries.get('ab'), { status: 'QUARANTINED', reason: undefined })
  })
  it('may name what is no serial number of any certificate, and the rest of it counts', () => {
    const status = 'REVOKED'
    const { entries } = listOf({ '-ab': { status }, ['a'.repeat(41)]: { status }, cd: { status } })
    assert.deepEqual([...entries.keys()], ['cd'])
  })
  it('with an entry that cannot be read is refused whole', () => {
    for (const entries of [
      { 'ab:cd': { status: 'REVOKED' } },
      { '': { status: 'REVOKED' } },
      { '0xab': { status: 'REVOKED' } },
      { ab: {} },
      { ab: null },
      { ab: 'REVOKED' },
      { ab: { status: 1 } },
      [],
      null,
    ]) {
      assert.throws(() => listOf(entries), isRefused, JSON.stringify(entries))
    }
  })
  it('that is none, or too large, is refused', () => {
    for (const text of ['', 'null', '[]', '{}', '<html>', '{"entries":']) {
      assert.throws(() => parseStatusList(text, 7), isRefused, text)
    }
    assert.throws(() => parseStatusList(Buffer.alloc(maxStatusListBytes + 1), 7), isRefused)
  })
  it('of any text is read or refused', () => {
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string()), (text) => {
        try {
          parseStatusList(text, 7)
        } catch (error) {
          assert.ok(isRefused(error), String(error))
        }
      }),
    )
  })
})
