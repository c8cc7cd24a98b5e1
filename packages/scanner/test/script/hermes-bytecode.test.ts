import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { hermesReader } from '../../src/script/hermes-bytecode.ts'
import { fixture, placesOf, readWith } from '../collect.ts'

const bytecode = fixture('hermes/bundle-99.hbc')
const plain = 'plain-secret-ABCDEF0123456789'
const wide = '密码-wide-secret-0123456789'
const long = 'a long text, of more characters'

for (const version of [62, 74, 76, 84, 99]) {
  test(`strings of version ${version} are found where they lie, of ASCII and beyond`, async () => {
    const bytes = fixture(`hermes/bundle-${version}.hbc`)
    assert.equal(bytes.readUInt32LE(8), version)
    assert.ok(hermesReader.takes(bytes, 'index.android.bundle'))
    const { regions, notChecked } = await readWith(hermesReader, bytes)
    assert.deepEqual(notChecked, [])
    assert.deepEqual(placesOf(plain, regions), [bytes.indexOf(plain)])
    assert.deepEqual(placesOf(wide, regions), [bytes.indexOf(wide, 0, 'utf16le')])
    assert.deepEqual(placesOf(long, regions), [bytes.indexOf(long)])
    assert.ok(regions.every(({ source }) => source === 'script'))
    // Each string of the table is a line of its own, though their characters are stored without a gap.
    assert.match(regions[0]?.text ?? '', /^plain-secret-ABCDEF0123456789$/m)
    assert.match(regions[0]?.text ?? '', /^api\.example\.com$/m)
  })
}

test('a version whose tables are not known is looked through, and told of', async () => {
  const later = Buffer.from(bytecode)
  later.writeUInt32LE(200, 8)
  later.writeUInt32LE(1_000_000, 44)
  const { regions, notChecked } = await readWith(hermesReader, later)
  assert.match(notChecked[0]?.why ?? '', /version 200/)
  assert.equal(placesOf(plain, regions).length, 1)
  assert.equal(placesOf('wide-secret-0123456789', regions).length, 1)
})

test('strings that lie in each other end in a line, not in memory', async () => {
  const storageBytes = 1_000_000
  const strings = 100_000
  const head = Buffer.alloc(128)
  bytecode.copy(head, 0, 0, 12)
  head.writeUInt32LE(1, 44)
  head.writeUInt32LE(strings, 52)
  head.writeUInt32LE(1, 56)
  head.writeUInt32LE(storageBytes, 60)
  const kinds = Buffer.alloc(4)
  kinds.writeUInt32LE(strings)
  const small = Buffer.alloc(strings * 4)
  for (let index = 0; index < strings; index++) small.writeUInt32LE(0xff00_0000, index * 4)
  const overflow = Buffer.alloc(8)
  overflow.writeUInt32LE(storageBytes, 4)
  const bytes = Buffer.concat([head, kinds, small, overflow, Buffer.alloc(storageBytes, 'a')])
  const { notChecked, regions } = await readWith(hermesReader, bytes)
  assert.match(notChecked[0]?.why ?? '', /lie in each other/)
  assert.ok(regions.reduce((sum, { text }) => sum + text.length, 0) < 20 * storageBytes)
})

test('bytes that were changed are read, or looked through', async () => {
  const at = fc.oneof(fc.nat(80), fc.nat(bytecode.length - 1))
  const changes = fc.array(fc.tuple(at, fc.nat(255)), { maxLength: 8 })
  await fc.assert(
    fc.asyncProperty(changes, fc.integer({ min: 8, max: bytecode.length }), async (all, length) => {
      const bytes = Buffer.from(bytecode)
      for (const [place, value] of all) bytes[place] = value
      await readWith(hermesReader, bytes.subarray(0, length))
    }),
    { numRuns: 2000 },
  )
})
