import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { jsonText } from '../../src/terminal/json-text.ts'

test('JSON holds no control character, and is the same value', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.string({ unit: 'binary' }), (value, text) => {
      const whole = { value, text, [text]: '\u001b[2J\u007f\u009b' }
      const printed = jsonText(whole)
      assert.doesNotMatch(printed, /\p{Cc}/u)
      assert.deepEqual(JSON.parse(printed), JSON.parse(JSON.stringify(whole)))
    }),
  )
})
