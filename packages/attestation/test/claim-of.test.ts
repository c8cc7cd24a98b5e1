import assert from 'node:assert/strict'
import { it } from 'node:test'
import { claimOf } from '../src/claim-of.ts'

it('what was parsed becomes what JSON can tell', () => {
  assert.deepEqual(
    claimOf({
      bytes: Buffer.from([0xab, 1]),
      none: Buffer.alloc(0),
      small: 7n,
      large: 2n ** 63n,
      list: [1, 'two', true, { inner: new Uint8Array([255]) }],
      absent: undefined,
    }),
    {
      bytes: 'ab01',
      none: '',
      small: 7,
      large: '9223372036854775808',
      list: [1, 'two', true, { inner: 'ff' }],
    },
  )
})
