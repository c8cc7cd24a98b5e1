import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { processorMs } from '../processor-time.ts'
import { fixture, fixtureNames } from './assembled.ts'
import { readDex } from './read-dex.ts'

/** A file of a few KB takes some ms; what runs away takes seconds. */
const boundMs = 3000

function readsInTime(bytes: Buffer): ReturnType<typeof readDex> {
  const before = processorMs()
  const read = readDex(bytes)
  const tookMs = processorMs() - before
  assert.ok(tookMs < boundMs, `${bytes.length} bytes took ${Math.round(tookMs)} ms`)
  return read
}

const names = fixtureNames.filter((name) => name !== 'strings')

test('flipped bits of a DEX never throw, and never run away', () => {
  const flips = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 24 })
  fc.assert(
    fc.property(fc.constantFrom(...names), flips, (name, changes) => {
      const bytes = Buffer.from(fixture(name))
      for (const [at, value] of changes) bytes[8 + (at % (bytes.length - 8))] = value
      readsInTime(bytes)
    }),
    { numRuns: 600 },
  )
})

test('numbers of a DEX set to extremes never throw, and never run away', () => {
  const extremes = [0, 1, 0x7f_ff_ff_ff, 0x80_00_00_00, 0xff_ff_ff_ff, 0x00_01_00_00]
  fc.assert(
    fc.property(
      fc.constantFrom(...names),
      fc.array(fc.tuple(fc.nat(), fc.constantFrom(...extremes)), { minLength: 1, maxLength: 8 }),
      (name, changes) => {
        const bytes = Buffer.from(fixture(name))
        for (const [at, value] of changes) {
          bytes.writeUInt32LE(value, 8 + 4 * (at % Math.floor((bytes.length - 12) / 4)))
        }
        readsInTime(bytes)
      },
    ),
    { numRuns: 600 },
  )
})

test('a table that is shorter than what names its rows never throws', () => {
  for (const name of names) {
    for (const size of [0x38, 0x40, 0x48, 0x50, 0x58, 0x60]) {
      for (const rows of [0, 1, 3]) {
        const bytes = Buffer.from(fixture(name))
        bytes.writeUInt32LE(rows, size)
        readsInTime(bytes)
      }
    }
  }
})

test('a DEX that ends anywhere never throws', () => {
  for (const name of names) {
    const bytes = fixture(name)
    for (let length = 4; length < bytes.length; length += 13) readsInTime(bytes.subarray(0, length))
  }
})

test('classes that all name the same data are read until the budget is spent', () => {
  const dex = fixture('others')
  const rows = dex.readUInt32LE(0x60)
  const table = dex.subarray(dex.readUInt32LE(0x64), dex.readUInt32LE(0x64) + rows * 32)
  const copies = 20_000
  const bytes = Buffer.concat([dex, ...Array.from({ length: copies }, () => table)])
  bytes.writeUInt32LE(copies * rows, 0x60)
  bytes.writeUInt32LE(dex.length, 0x64)
  const { notChecked, facts } = readsInTime(bytes)
  assert.ok(notChecked.some(({ why }) => why.includes('not all was read')))
  assert.ok(facts.passwords.length < 500_000)
})

test('code that all methods share is not walked for each of them', () => {
  const bytes = Buffer.alloc(4 * 1024 * 1024)
  fixture('others').copy(bytes)
  // One class whose data names 60,000 methods with one code item of a megabyte: nops.
  const data = 1_000_000
  const code = 2_000_000
  bytes.writeUInt32LE(1, 0x60)
  bytes.writeUInt32LE(data, bytes.readUInt32LE(0x64) + 24)
  bytes.set([0, 0, 0xe0, 0xd4, 0x03, 0], data)
  for (let each = 0; each < 60_000; each++) bytes.set([0, 0, 0x80, 0x89, 0x7a], data + 6 + each * 5)
  bytes.writeUInt32LE(500_000, code + 12)
  const { notChecked } = readsInTime(bytes)
  assert.ok(notChecked.some(({ why }) => why.includes('not all was read')))
})
