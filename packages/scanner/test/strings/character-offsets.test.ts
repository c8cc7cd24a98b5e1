import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { byteOffsets } from '../../src/strings/character-offsets.ts'
import { decodeText } from '../../src/strings/text-encoding.ts'

const wellFormed = fc.string({ unit: 'binary', maxLength: 3_000 })

test('a character is found at the byte that it was decoded from, whatever the order of asking', () => {
  for (const encoding of ['utf8', 'utf16le', 'utf16be'] as const) {
    fc.assert(
      fc.property(wellFormed, fc.nat(), (text, seed) => {
        const order = encoding === 'utf16be' ? 'utf16le' : encoding
        const bytes = Buffer.from(text, order)
        if (encoding === 'utf16be') bytes.swap16()
        assert.equal(decodeText(bytes, 0, bytes.length, encoding), text)
        const offsetAt = byteOffsets(text, encoding, bytes.length)
        for (const index of [seed % (text.length + 1), 0, text.length]) {
          // Between the halves of a surrogate pair lies no byte to be named.
          if (/[\ud800-\udbff]/.test(text.charAt(index - 1))) continue
          assert.equal(offsetAt(index), Buffer.byteLength(text.slice(0, index), order))
        }
      }),
      { numRuns: 50 },
    )
  }
})
