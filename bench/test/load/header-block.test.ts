import assert from 'node:assert/strict'
import { test } from 'node:test'
import { beginsWithStatus200, headerBlock, prefixedInteger } from '../../src/load/header-block.ts'

test('integers are written with a prefix of seven bits', () => {
  assert.deepEqual([...prefixedInteger(10)], [10])
  assert.deepEqual([...prefixedInteger(126)], [126])
  assert.deepEqual([...prefixedInteger(127)], [127, 0])
  // RFC 7541 §C.1.2, its 1337 with a prefix of five bits, worked out for seven.
  assert.deepEqual([...prefixedInteger(1337)], [127, 0b1011_1010, 0b0000_1001])
})

test('a request is two fields of the static table and literals that change no table', () => {
  const block = headerBlock('a', '/b', [['c', 'd']])
  assert.equal(
    block.toString('latin1'),
    '\x82\x87\0\x0a:authority\x01a\0\x05:path\x02/b\0\x01c\x01d',
  )
})

test('a 200 is seen, also after changes of the table size', () => {
  assert.equal(beginsWithStatus200(Buffer.from([0x88, 0x01])), true)
  assert.equal(beginsWithStatus200(Buffer.from([0x20, 0x3f, 0xe1, 0x1f, 0x88])), true)
})

test('another status, or nothing, is not a 200', () => {
  assert.equal(beginsWithStatus200(Buffer.from([0x8d])), false)
  assert.equal(beginsWithStatus200(Buffer.from([0x08, 0x03, 0x35, 0x30, 0x32])), false)
  assert.equal(beginsWithStatus200(Buffer.from([])), false)
  assert.equal(beginsWithStatus200(Buffer.from([0x3f, 0xff, 0xff])), false)
})
