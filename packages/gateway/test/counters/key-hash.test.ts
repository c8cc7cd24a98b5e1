import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { HalfSipHash, keyMaker } from '../../src/counters/counter-key.ts'

/** vectors_hsip64 of the reference implementation: key 0 … 7, message 0 … n-1. */
const vectors = [
  '218d1f59b9b83cc8',
  'be552412f8387315',
  '064f39ef7c50eb57',
  'ce0f1a45f7060679',
  'd5e78a175be52ea1',
  'cb9d7c3f2f3db580',
  'ce3e91358aa2bc25',
  'ff202728b07bc684',
  'edfee820bce4858c',
  '5b51cccc13888307',
  '95b0469f06a6f2ee',
  'ae26333994ddcd48',
  '7bc71f9faef5c799',
  '5a2352d75a0c3744',
  '3bb1a870eae8e658',
  '217d0bcb4e81c902',
]

test('the keyed hash gives the vectors of its reference implementation', () => {
  for (const [length, expected] of vectors.entries()) {
    const hash = new HalfSipHash(0x03020100, 0x07060504)
    const bytes = Buffer.from(Array.from({ length }, (_, index) => index))
    hash.begin()
    const whole = length - (length % 4)
    for (let offset = 0; offset < whole; offset += 4) hash.add(bytes.readInt32LE(offset))
    let tail = 0
    for (let index = whole; index < length; index++) tail |= index << (8 * (index - whole))
    hash.end(tail, length % 4)
    const found = Buffer.alloc(8)
    found.writeInt32LE(hash.low, 0)
    found.writeInt32LE(hash.high, 4)
    assert.equal(found.toString('hex'), expected, `${length} bytes`)
  }
})

const text = (parts: readonly string[], secret = Buffer.alloc(16, 7)) => {
  const { first, second, third, fourth } = keyMaker(secret).ofParts(parts)
  return [first, second, third, fourth].join()
}

test('the same parts give the same key, and others another, however they are cut', () => {
  fc.assert(
    fc.property(fc.array(fc.string()), fc.array(fc.string()), (one, other) => {
      assert.equal(text(one) === text(other), JSON.stringify(one) === JSON.stringify(other))
    }),
  )
  assert.notEqual(text(['ab', 'c']), text(['a', 'bc']))
  assert.notEqual(text(['a', '']), text(['a']))
  assert.notEqual(text(['a\0']), text(['a']))
})

test('under another secret every key is another', () => {
  assert.notEqual(text(['rule', 'dev_1']), text(['rule', 'dev_1'], Buffer.alloc(16, 8)))
})
