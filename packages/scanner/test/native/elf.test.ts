import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { EntryFault } from '../../src/archive/entry.ts'
import { elfReader } from '../../src/native/elf.ts'
import { fixture, placesOf, readWith } from '../collect.ts'

const pem = '-----BEGIN PRIVATE KEY-----\nnot a key\n-----END PRIVATE KEY-----\n'
const accented = 'mot de passe: grüß-秘-7'
const wide = 'wide-secret-0123456789'

for (const name of ['aarch64', 'aarch64-no-sections', 'armv7', 'mips']) {
  test(`strings of the data of ${name}.so are found where they lie`, async () => {
    const bytes = fixture(`native/${name}.so`)
    assert.ok(elfReader.takes(bytes, 'lib.so'))
    const { regions, notChecked } = await readWith(elfReader, bytes)
    for (const text of [pem, accented, 'written-later-0123']) {
      assert.deepEqual(placesOf(text, regions), [bytes.indexOf(text)], text)
    }
    if (name !== 'mips') {
      // Phones are little-endian, and so are their strings of 16 bits.
      assert.deepEqual(placesOf(wide, regions), [bytes.indexOf(wide, 0, 'utf16le')])
    }
    assert.deepEqual(notChecked, [])
  })
}

test('what only the linker wrote is left out', async () => {
  const { regions } = await readWith(elfReader, fixture('native/aarch64.so'))
  assert.doesNotMatch(regions.map(({ text }) => text).join(''), /change|\.rodata/)
})

test('sections that leave out most of what is loaded are not believed', async () => {
  const bytes = Buffer.concat([fixture('native/aarch64.so'), Buffer.alloc(32_768, 'hidden text ')])
  const firstSegment = 64 + 56
  assert.equal(bytes.readUInt32LE(firstSegment), 1)
  bytes.writeBigUInt64LE(BigInt(bytes.length), firstSegment + 32)
  assert.equal(placesOf('hidden text', (await readWith(elfReader, bytes)).regions).length, 1)
})

test('headers that name the same bytes many times cost them once', async () => {
  const bytes = Buffer.alloc(4 * 1024 ** 2, 'secret text ')
  fixture('native/aarch64.so').copy(bytes, 0, 0, 64)
  const [headers, table] = [4000, 64]
  bytes.writeBigUInt64LE(BigInt(table), 40)
  bytes.writeUInt16LE(64, 58)
  bytes.writeUInt16LE(headers, 60)
  for (let index = 0; index < headers; index++) {
    const at = table + index * 64
    bytes.fill(0, at, at + 64)
    bytes.writeUInt32LE(1, at + 4)
    bytes.writeBigUInt64LE(BigInt(bytes.length), at + 32)
  }
  const { regions } = await readWith(elfReader, bytes)
  const length = regions.reduce((sum, { text }) => sum + text.length, 0)
  assert.ok(length > 3 * 1024 ** 2 && length <= bytes.length * 1.01)
})

test('bytes that were changed are read, or refused in words', () => {
  for (const name of ['aarch64', 'armv7', 'mips']) {
    const whole = fixture(`native/${name}.so`)
    const at = fc.oneof(fc.nat(63), fc.nat(whole.length - 1))
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(at, fc.nat(255)), { maxLength: 8 }),
        fc.integer({ min: 64, max: whole.length }),
        async (changes, length) => {
          const bytes = Buffer.from(whole)
          for (const [place, value] of changes) bytes[place] = value
          try {
            await readWith(elfReader, bytes.subarray(0, length))
          } catch (error) {
            if (!(error instanceof EntryFault)) throw error
          }
        },
      ),
      { numRuns: 500 },
    )
  }
})
