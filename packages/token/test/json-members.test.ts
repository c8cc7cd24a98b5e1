import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type JsonMembers, readMembers } from '../src/json-members.ts'
import { readJsonObject } from '../src/json-object.ts'

const bounds = { maxDepth: 16, maxMembers: 2_000 }
const read = (text: string) => readJsonObject(Buffer.from(text))

/** What `JSON.parse` has, of which no duplicate is left. */
function membersOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  const inside = Object.values(value).reduce<number>((sum, one) => sum + membersOf(one), 0)
  return Array.isArray(value) ? inside : inside + Object.keys(value).length
}

const plainNames = fc.string().filter((name) => isPlain(name))
test('whatever JSON.stringify writes has as many members as JSON.parse finds', () => {
  fc.assert(
    fc.property(
      fc.dictionary(plainNames, fc.object({ key: plainNames, maxDepth: 6 })),
      fc.constantFrom(undefined, 1, '\t'),
      (whole, space) => {
        const spaced = JSON.stringify(whole, undefined, space)
        const { count, text } = readMembers(spaced, bounds)
        assert.equal(count, membersOf(JSON.parse(spaced)))
        assert.equal(text, spaced)
      },
    ),
    { numRuns: 1_000, seed: 1 },
  )
})

/** A JSON text as it was put together: not read back by the parser that hides what is looked for. */
type Written = { text: string; members: number; isRefused: boolean }
/** Some of the characters escaped, so that one name is written in several ways. */
const name = fc
  .array(fc.tuple(fc.constantFrom('a', 'b', '"', '\\', '{', ',', '\u{1f600}'), fc.boolean()), {
    maxLength: 2,
  })
  .map((characters) => ({
    name: characters.map(([character]) => character).join(''),
    literal: `"${characters.map(([one, isEscaped]) => (isEscaped ? escaped(one) : plain(one))).join('')}"`,
  }))
const isPlain = (text: string) => JSON.stringify(text) === `"${text}"`
const plain = (character: string) => JSON.stringify(character).slice(1, -1)
const escaped = (character: string) =>
  Array.from({ length: character.length }, (_, at) => character.charCodeAt(at))
    .map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`)
    .join('')

const sumOf = (all: readonly Written[], text: string): Written => ({
  text,
  members: all.reduce((sum, { members }) => sum + members, 0),
  isRefused: all.some(({ isRefused }) => isRefused),
})
const { value } = fc.letrec<{ value: Written; object: Written; array: Written }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc
      .oneof(fc.string(), fc.double(), fc.constantFrom(null, true))
      .map((scalar): Written => sumOf([], JSON.stringify(scalar))),
    tie('object'),
    tie('array'),
  ),
  object: fc.array(fc.tuple(name, tie('value')), { maxLength: 4 }).map((members) => {
    const text = members.map(([{ literal }, one]) => `${literal} : ${one.text}`).join(' , ')
    const whole = sumOf(
      members.map(([, one]) => one),
      `{${text}}`,
    )
    const isUnique = new Set(members.map(([key]) => key.name)).size === members.length
    return {
      ...whole,
      members: whole.members + members.length,
      isRefused: whole.isRefused || !isUnique || !members.every(([key]) => isPlain(key.name)),
    }
  }),
  array: fc
    .array(tie('value'), { maxLength: 3 })
    .map((items) => sumOf(items, `[ ${items.map(({ text }) => text).join(',')} ]`)),
}))

test('a name that is there twice, or needs escapes, is found however it is written, and no other', () => {
  let refusals = 0
  fc.assert(
    fc.property(value, ({ text, members, isRefused }) => {
      let found: unknown
      try {
        found = readMembers(text, bounds)
      } catch (error) {
        found = error
      }
      if (isRefused) {
        refusals++
        assert.ok(found instanceof SyntaxError, text)
        return
      }
      const read = found as JsonMembers
      assert.equal(read.count, members, text)
      assert.equal(membersOf(JSON.parse(read.text)), members, text)
    }),
    { numRuns: 3_000, seed: 1 },
  )
  assert.ok(refusals > 100 && refusals < 2_900, `${refusals} refused`)
})

test('names with escapes are read as they are, whatever was read before (nodejs/node#63785)', () => {
  const claims = '{"sub":"ada","https:\\/\\/example.com\\/roles":["admin"]}'
  const planted = '{"sub":1,"https:\\\\/\\\\/example.com\\\\/ro":2}'
  // Whoever can have any JSON read here could plant it.
  JSON.parse(planted)
  assert.deepEqual(read(claims)['https://example.com/roles'], ['admin'])
  assert.throws(() => read(planted), /a name that needs escapes/)
})

test('any text ends it, JSON or not', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ maxLength: 200 }),
        fc.string({ unit: fc.constantFrom(...'{}[]",:\\ua'), maxLength: 60 }),
      ),
      (text) => {
        try {
          assert.ok(readMembers(text, bounds).count >= 0)
        } catch (error) {
          assert.ok(error instanceof SyntaxError || error instanceof RangeError)
        }
      },
    ),
    { numRuns: 2_000, seed: 1 },
  )
})

const refused: readonly [string, string][] = [
  ['{"iss":"a","iss":"b"}', 'two members of one name'],
  ['{"iss":"a","\\u0069ss":"b"}', 'two members of one name'],
  ['{"a":[{"b":{"c":1,"c":1}}]}', 'two members of one name'],
  ['{"__proto__":1,"__proto__":2}', 'two members of one name'],
  ['{"":1,"":2}', 'two members of one name'],
  ['{"a\\"b":1}', 'a name that needs escapes'],
  ['{"\\n":1}', 'a name that needs escapes'],
  ['{"\\ud800":1}', 'a name that needs escapes'],
  [`{"a":${'['.repeat(16)}${']'.repeat(16)}}`, 'more than 16 deep'],
  [`{"a":[${'{"b":1},'.repeat(2_000)}0]}`, 'more than 2000 members'],
  ['[1]', 'no object'],
  ['null', 'no object'],
  ['{"secret":', 'no JSON'],
]
for (const [text, message] of refused) {
  test(`an object is refused: ${message}: ${text.slice(0, 40)}`, () => {
    assert.throws(() => read(text), new RegExp(`^\\w+: ${message}$`))
  })
}

test('the same name in two objects, and names as values, are no duplicates', () => {
  const text = '{"a":{"a":1},"b":[{"a":1},{"a":"a"},"a","a"],"c":"\\"a\\":1,\\"a\\":1"}'
  assert.deepEqual(read(text), JSON.parse(text))
  const own = read('{"__proto__":{"iss":"x"}}')
  assert.equal(own['iss'], undefined)
})

test('bytes that are no UTF-8 are refused', () => {
  assert.throws(() => readJsonObject(Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d)))
})
