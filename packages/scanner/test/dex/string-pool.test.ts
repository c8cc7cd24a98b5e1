import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { decodeMutf8, mutf8Bytes } from '../../src/dex/mutf8.ts'
import { fixture } from './assembled.ts'
import { readDex } from './read-dex.ts'

const strings = fixture('strings')

test('the string pool is text, ASCII apart from the rest', () => {
  const { regions, notChecked } = readDex(strings)
  assert.deepEqual(notChecked, [])
  const [ascii, others] = regions
  assert.equal(regions.length, 2)
  assert.ok(ascii?.text.includes('\nplain words\n'))
  assert.ok(ascii?.text.includes('\nfirst line\nsecond line\n'))
  assert.deepEqual(
    others?.text.split('\n').toSorted(),
    ['', 'grüß Gott', 'nul\0inside', '中文 and 🔑'].toSorted(),
  )
})

test('each character of a region is found again where its offset says', () => {
  const [ascii, others] = readDex(strings).regions
  assert.ok(ascii !== undefined && others !== undefined)
  for (const words of ['plain words', 'words', 'second line', 'Lcom/bank/Strings;']) {
    const offset = ascii.offsetAt(ascii.text.indexOf(words))
    assert.equal(strings.toString('latin1', offset, offset + words.length), words)
  }
  for (const words of ['Gott', ' and ', 'inside', 'üß']) {
    const offset = others.offsetAt(others.text.indexOf(words))
    assert.equal(strings.toString('utf8', offset, offset + Buffer.byteLength(words)), words)
  }
})

test('a string that several rows of the table name is read once', () => {
  const bytes = Buffer.from(strings)
  const table = bytes.readUInt32LE(0x3c)
  const [first] = readDex(strings).regions
  bytes.copyWithin(table + 4, table, table + 4)
  assert.equal(
    readDex(bytes).regions[0]?.text.split('\n').length,
    (first?.text.split('\n').length ?? 0) - 1,
  )
})

test('strings that lie in one another are left out beyond the file’s length', () => {
  const count = 20_000
  const bytes = Buffer.alloc(0x70 + count * 4 + count, 'a')
  strings.copy(bytes, 0, 0, 0x70)
  bytes.fill(0, 0x38, 0x70)
  bytes.writeUInt32LE(count, 0x38)
  bytes.writeUInt32LE(0x70, 0x3c)
  for (let row = 0; row < count; row++) {
    bytes.writeUInt32LE(0x70 + count * 4 + row, 0x70 + row * 4)
  }
  const { regions, notChecked } = readDex(bytes)
  assert.match(notChecked[0]?.why ?? '', /strings lie in one another: \d+ of them were left out/)
  assert.ok((regions[0]?.text.length ?? 0) < 2 * bytes.length)
})

test('modified UTF-8 gives any text back', () => {
  const encode = (text: string) => {
    const out: number[] = []
    for (let index = 0; index < text.length; index++) {
      const unit = text.charCodeAt(index)
      const length = mutf8Bytes(text, index, index + 1)
      if (length === 1) out.push(unit)
      else if (length === 2) out.push(0xc0 | (unit >> 6), 0x80 | (unit & 0x3f))
      else out.push(0xe0 | (unit >> 12), 0x80 | ((unit >> 6) & 0x3f), 0x80 | (unit & 0x3f))
    }
    return Buffer.from(out)
  }
  const anyText = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }))
  fc.assert(
    fc.property(anyText, (text) => {
      const bytes = encode(text)
      assert.equal(decodeMutf8(bytes, 0, bytes.length), text)
    }),
  )
})
