import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { readDer } from '../../src/der/der-cursor.ts'
import { DerError } from '../../src/der/der-error.ts'
import { derTime, timeOf } from '../../src/der/der-time.ts'
import { derElement } from '../../src/der/der-writer.ts'
import { tags } from '../../src/der/tag.ts'

const utc = (text: string) => timeOf(readDer(derElement(tags.utcTime, Buffer.from(text))).next())
const generalized = (text: string) =>
  timeOf(readDer(derElement(tags.generalizedTime, Buffer.from(text))).next())

describe('times of certificates', () => {
  it('reads two-digit years as 1950 to 2049', () => {
    assert.equal(utc('491231235959Z'), Date.parse('2049-12-31T23:59:59Z'))
    assert.equal(utc('500101000000Z'), Date.parse('1950-01-01T00:00:00Z'))
  })
  it('reads the time that stands for no end (RFC 5280 §4.1.2.5)', () => {
    assert.equal(generalized('99991231235959Z'), Date.parse('9999-12-31T23:59:59Z'))
  })
  it('reads the day of a leap year and no other 29 February', () => {
    assert.equal(generalized('20240229000000Z'), Date.parse('2024-02-29T00:00:00Z'))
    assert.throws(() => generalized('20230229000000Z'), DerError)
  })
  for (const wrong of [
    '2611211200Z',
    '261121120000',
    '261121120000+0100',
    '26112112000aZ',
    '261321120000Z',
    '260021120000Z',
    '261100120000Z',
    '261131120000Z',
    '261121240000Z',
    '261121126000Z',
    '261121120060Z',
    ' 61121120000Z',
  ]) {
    it(`refuses the UTCTime ${wrong}`, () => assert.throws(() => utc(wrong), DerError))
  }
  for (const wrong of ['20261121120000.5Z', '20261121120000', '2026112112Z', '-0261121120000Z']) {
    it(`refuses the GeneralizedTime ${wrong}`, () => {
      assert.throws(() => generalized(wrong), DerError)
    })
  }
  it('writes UTCTime to 2049 and GeneralizedTime after', () => {
    assert.equal(readDer(derTime(Date.parse('2049-12-31T23:59:59Z'))).peek(), tags.utcTime)
    assert.equal(readDer(derTime(Date.parse('2050-01-01T00:00:00Z'))).peek(), tags.generalizedTime)
  })
  it('reads back every time that is written, to the second', () => {
    const range = { min: new Date('1950-01-01'), max: new Date('9999-12-31'), noInvalidDate: true }
    fc.assert(
      fc.property(fc.date(range), (date) => {
        const time = date.getTime()
        assert.equal(timeOf(readDer(derTime(time)).next()), Math.floor(time / 1000) * 1000)
      }),
    )
  })
})
