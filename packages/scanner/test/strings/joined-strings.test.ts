import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { JoinedStrings } from '../../src/strings/joined-strings.ts'
import { collector } from '../collect.ts'

test('every character of every string is found again where it lies', () => {
  const encodings = fc.constantFrom('utf8', 'utf16le', 'latin1')
  const strings = fc.array(fc.string({ unit: 'binary', maxLength: 20 }), { maxLength: 40 })
  fc.assert(
    fc.property(strings, encodings, fc.nat(1000), (all, encoding, baseOffset) => {
      const texts =
        encoding === 'latin1' ? all.map((text) => text.replace(/[^\p{ASCII}]/gu, 'é')) : all
      const gap = Buffer.from([0xff, 0xff])
      const bytes = Buffer.concat(texts.flatMap((text) => [gap, Buffer.from(text, encoding)]))
      const { sink, regions } = collector()
      const about = { path: 'entry', source: 'native-strings', encoding, baseOffset } as const
      const joined = new JoinedStrings(sink, about)
      let at = 0
      for (const text of texts) {
        const start = at + gap.length
        at = start + Buffer.byteLength(text, encoding)
        joined.add(bytes, start, at)
      }
      joined.flush()
      assert.equal(
        regions.map(({ text }) => text).join(''),
        texts.map((text) => `${text}\n`).join(''),
      )
      let index = 0
      at = 0
      for (const text of texts) {
        at += gap.length
        for (const character of text) {
          assert.equal(regions[0]?.offsetAt(index), baseOffset + at)
          index += character.length
          at += Buffer.byteLength(character, encoding)
        }
        index++
      }
    }),
    { numRuns: 500 },
  )
})

test('many strings come as several regions, and offsets in each are right', () => {
  const bytes = Buffer.alloc(12 * 1024 ** 2, 'a')
  const { sink, regions } = collector()
  const joined = new JoinedStrings(sink, { path: 'entry', source: 'bytes', encoding: 'utf8' })
  for (let at = 0; at + 9 <= bytes.length; at += 10) joined.add(bytes, at, at + 9)
  joined.flush()
  assert.equal(regions.length, 4)
  assert.equal(regions[3]?.offsetAt(10) ?? 0, (regions[3]?.offsetAt(0) ?? 0) + 10)
  assert.equal(regions[1]?.offsetAt(0), regions[0]?.text.length)
})
