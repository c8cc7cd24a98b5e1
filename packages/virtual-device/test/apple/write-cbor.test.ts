import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type CborValue, writeCbor } from '../../src/index.ts'

/** RFC 8949, Appendix A. */
const examples: readonly (readonly [CborValue, string])[] = [
  [0, '00'],
  [23, '17'],
  [24, '1818'],
  [100, '1864'],
  [1_000, '1903e8'],
  [1_000_000, '1a000f4240'],
  [-1, '20'],
  [-100, '3863'],
  [-1_000, '3903e7'],
  [Buffer.from([1, 2, 3, 4]), '4401020304'],
  ['', '60'],
  ['IETF', '6449455446'],
  ['\u{10151}', '64f0908591'],
  [[1, [2, 3], [4, 5]], '8301820203820405'],
  [
    new Map<string, CborValue>([
      ['a', 1],
      ['b', [2, 3]],
    ]),
    'a26161016162820203',
  ],
]

test('values are written as in the examples of RFC 8949', () => {
  for (const [value, hex] of examples) assert.equal(writeCbor(value).toString('hex'), hex)
})
