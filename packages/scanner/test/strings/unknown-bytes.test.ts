import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { contentReaders } from '../../src/content/content-readers.ts'
import { unknownBytesReader } from '../../src/strings/unknown-bytes.ts'
import { placesOf, readWith } from '../collect.ts'

test('what can be read in bytes of no known kind is told, narrow and wide', async () => {
  const noise = randomBytes(5000)
  const narrow = Buffer.from('narrow-secret-0123')
  const wide = Buffer.from('wide-secret-0123', 'utf16le')
  const bytes = Buffer.concat([
    Buffer.from([0, 0xff]),
    noise,
    narrow,
    Buffer.from([0xff]),
    noise,
    wide,
    noise,
  ])
  const { regions } = await readWith(unknownBytesReader, bytes)
  assert.deepEqual(placesOf('narrow-secret-0123', regions), [bytes.indexOf(narrow)])
  assert.deepEqual(placesOf('wide-secret-0123', regions), [bytes.indexOf(wide)])
  assert.ok(regions.every(({ source }) => source === 'bytes'))
})

test('of a wide string, letters beyond ASCII are told with it, and its ASCII alone', async () => {
  const text = 'пароль-秘-token-0123-ключ'
  const bytes = Buffer.concat([Buffer.alloc(9), Buffer.from(text, 'utf16le'), Buffer.alloc(40)])
  const { regions } = await readWith(unknownBytesReader, bytes)
  const lines = regions.flatMap(({ text: told }) => told.split('\n'))
  assert.deepEqual(lines, ['-token-0123-', text, ''])
  assert.deepEqual(placesOf(text, regions), [9])
})

test('noise comes to little text', async () => {
  const bytes = randomBytes(1024 ** 2)
  const { regions } = await readWith(unknownBytesReader, bytes)
  assert.ok(regions.reduce((sum, { text }) => sum + text.length, 0) < bytes.length * 0.06)
})

test('every entry has a reader, whatever it holds', () => {
  for (const bytes of [Buffer.alloc(0), Buffer.alloc(1), Buffer.from('a'), randomBytes(4096)]) {
    assert.ok(contentReaders.some((reader) => reader.takes(bytes, 'entry')))
  }
})
