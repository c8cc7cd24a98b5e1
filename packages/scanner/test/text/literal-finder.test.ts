import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Literal, literalFinder } from '../../src/text/literal-finder.ts'

const found = (literals: readonly Literal<string>[], text: string) => {
  const hits: [number, string][] = []
  literalFinder(literals)(text, (index, value) => hits.push([index, value]))
  return hits
}

test('literals are found where they stand, in the order of the text', () => {
  const literals = [
    { literal: 'AKIA', value: 'a' },
    { literal: 'pass', anyCase: true, value: 'b' },
  ]
  assert.deepEqual(found(literals, 'xAKIA PASSword akia AKIAKIA'), [
    [1, 'a'],
    [6, 'b'],
    [20, 'a'],
    [23, 'a'],
  ])
})

test('a literal of less than three characters is a mistake', () => {
  assert.throws(() => literalFinder([{ literal: 'ab', value: 1 }]), TypeError)
})

test('it finds what looking for each alone finds', () => {
  const letters = fc.constantFrom('a', 'A', 'b', '_', '-', '0', '1', 'é', '丁', '\u0100', 'α')
  const ascii = fc.string({
    unit: fc.constantFrom('a', 'A', 'b', '_', '-', '0'),
    minLength: 3,
    maxLength: 5,
  })
  const literal = fc.record({ literal: ascii, anyCase: fc.boolean() })
  fc.assert(
    fc.property(
      fc.array(literal, { maxLength: 6 }),
      fc.string({ unit: letters, maxLength: 60 }),
      (literals, text) => {
        const named = literals.map((each, index) => ({ ...each, value: String(index) }))
        const expected = named.flatMap(({ literal: wanted, anyCase, value }) =>
          Array.from({ length: text.length }, (_, index) => index)
            .filter((index) => {
              const here = text.slice(index, index + wanted.length)
              return anyCase ? here.toLowerCase() === wanted.toLowerCase() : here === wanted
            })
            .map((index) => `${index} ${value}`),
        )
        const hits = found(named, text)
        assert.deepEqual(
          hits.map(([index, value]) => `${index} ${value}`).toSorted(),
          expected.toSorted(),
        )
        const places = hits.map(([index]) => index)
        assert.deepEqual(
          places,
          places.toSorted((one, other) => one - other),
        )
      },
    ),
    { numRuns: 2000 },
  )
})
