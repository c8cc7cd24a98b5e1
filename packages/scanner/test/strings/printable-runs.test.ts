import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { utf16Runs, utf8Runs } from '../../src/strings/printable-runs.ts'

const byte = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...Buffer.from('ab Z~\n\t')) },
  { weight: 2, arbitrary: fc.constantFrom(0, 0, 0, 1, 0x7f) },
  { weight: 2, arbitrary: fc.constantFrom(...Buffer.from('é€😀'), 0x80, 0xc0, 0xed, 0xa0, 0xff) },
)
const bytes = fc.array(byte, { maxLength: 200 }).map((values) => Buffer.from(values))

function found(runs: typeof utf8Runs, from: Buffer, minimum: number): [number, number][] {
  const places: [number, number][] = []
  runs(from, 0, from.length, minimum, (start, end) => places.push([start, end]))
  return places
}

/** The same by the definition: characters of one byte that are printable, and well-formed longer ones. */
function expectedUtf8(from: Buffer, minimum: number): [number, number][] {
  const places: [number, number][] = []
  let start = 0
  let at = 0
  const close = () => {
    if (at - start >= minimum) places.push([start, at])
  }
  while (at < from.length) {
    const length = [1, 2, 3, 4].find((count) => {
      if (at + count > from.length) return false
      const character = from.toString('utf8', at, at + count)
      const isOne = [...character].length === 1 && Buffer.byteLength(character) === count
      return (
        isOne &&
        !character.includes('\ufffd') &&
        /[\t\n\r\x20-\x7e\u{80}-\u{10ffff}]/u.test(character)
      )
    })
    if (length === undefined) {
      close()
      at++
      start = at
    } else at += length
  }
  close()
  return places
}

function expectedUtf16(from: Buffer, minimum: number): [number, number][] {
  const run = new RegExp(`(?:[\\t\\n\\r\\x20-\\x7e]\\0){${minimum},}`, 'g')
  return [...from.toString('latin1').matchAll(run)].map((match) => [
    match.index,
    match.index + match[0].length,
  ])
}

test('runs of UTF-8 are those of the definition', () => {
  fc.assert(
    fc.property(bytes, fc.integer({ min: 2, max: 7 }), (from, minimum) => {
      assert.deepEqual(found(utf8Runs, from, minimum), expectedUtf8(from, minimum))
    }),
    { numRuns: 3000 },
  )
})

test('runs of UTF-16 are those of the definition, at odd and even offsets', () => {
  const wide = fc
    .array(
      fc.oneof(fc.constantFrom('a\0', 'b\0', '~\0', '\n\0'), fc.constantFrom('a', '\0', 'é')),
      {
        maxLength: 60,
      },
    )
    .map((parts) => Buffer.from(parts.join(''), 'latin1'))
  fc.assert(
    fc.property(wide, fc.integer({ min: 2, max: 7 }), (from, minimum) => {
      assert.deepEqual(found(utf16Runs, from, minimum), expectedUtf16(from, minimum))
    }),
    { numRuns: 3000 },
  )
})

test('bytes that are made to be slow take linear time', () => {
  const size = 8 * 1024 ** 2
  const patterns = ['\0', 'a', 'a\0', 'aaa\0', 'a\0\0', 'a\0b\0c\0\0', '\xf0', '\xe2\x82', 'a\xff']
  for (const pattern of patterns) {
    const from = Buffer.alloc(size, pattern, 'latin1')
    const began = performance.now()
    for (const runs of [utf8Runs, utf16Runs]) runs(from, 0, size, 4, () => {})
    assert.ok(performance.now() - began < 2000, `${JSON.stringify(pattern)} takes too long`)
  }
})
