import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Entry } from '../../src/archive/entry.ts'
import { readLargeEntry } from '../../src/content/large-entry.ts'
import { collector, fixture, placesOf } from '../collect.ts'

const overlapBytes = 100

/** An entry in pieces, each with the end of the one before. */
function inPieces(bytes: Buffer, pieceBytes: number): Entry {
  async function* pieces() {
    for (let offset = 0; ; offset += pieceBytes - overlapBytes) {
      yield { bytes: Buffer.from(bytes.subarray(offset, offset + pieceBytes)), offset }
      if (offset + pieceBytes >= bytes.length) return
    }
  }
  return { path: 'large', size: bytes.length, pieces, read: async () => assert.fail('too large') }
}

test('a large program is put together for its reader, and detectors see its pieces', async () => {
  const program = fixture('mach-o/bank-arm64')
  const { sink, regions, facts } = collector()
  const seen: number[] = []
  await readLargeEntry(
    inPieces(program, 5000),
    (_, offset) => seen.push(offset),
    sink,
    () => false,
  )
  assert.equal(seen.length, Math.ceil((program.length - overlapBytes) / (5000 - overlapBytes)))
  assert.equal(facts.machOs.length, 1)
  const text = 'narrow-secret-0123456789'
  assert.deepEqual(placesOf(text, regions), [program.indexOf(text)])
})

test('of anything else, what can be read in each piece is told, where it lies', async () => {
  const bytes = Buffer.alloc(20_000)
  bytes.write('far-away-secret', 17_000)
  const { sink, regions } = collector()
  await readLargeEntry(
    inPieces(bytes, 5000),
    () => {},
    sink,
    () => false,
  )
  assert.deepEqual(placesOf('far-away-secret', regions), [17_000])
})

test('when the time is over, the rest is not read', async () => {
  const { sink } = collector()
  let pieces = 0
  const reading = readLargeEntry(
    inPieces(Buffer.alloc(20_000), 5000),
    () => pieces++,
    sink,
    () => true,
  )
  await assert.rejects(reading, /the time for the scan was over/)
  assert.equal(pieces, 1)
})
