import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { defaultLimits } from '../../src/index.ts'
import { makeTar } from '../make-tar.ts'
import { type MadeEntry, makeZip } from '../make-zip.ts'
import { openedBytes } from '../opened.ts'

const limits = { ...defaultLimits, wholeEntryBytes: 1_000, pieceBytes: 1_500, overlapBytes: 64 }

const anEntry: fc.Arbitrary<MadeEntry> = fc.record({
  name: fc.stringMatching(/^[a-z./]{0,12}[a-z]$/),
  // Nothing that is an archive itself: those begin with other bytes.
  bytes: fc
    .uint8Array({ maxLength: 4_000 })
    .map((bytes) => Buffer.concat([Buffer.from('>'), bytes])),
  method: fc.constantFrom(0, 8),
  hasDescriptor: fc.boolean(),
  isZip64: fc.boolean(),
  extra: fc
    .uint8Array({ maxLength: 9 })
    .map((bytes) => Buffer.concat([Buffer.from([9, 9, bytes.length, 0]), bytes])),
})

const anArchive = fc.record({
  comment: fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)),
  before: fc.nat(60).map((length) => Buffer.alloc(length, '>')),
  isZip64: fc.boolean(),
})

test('what was put into an archive comes out of it, and nothing is told', async () => {
  const entries = fc.uniqueArray(anEntry, { selector: ({ name }) => name, maxLength: 8 })
  await fc.assert(
    fc.asyncProperty(entries, anArchive, async (made, archive) => {
      const { files, faults, notChecked } = await openedBytes(makeZip(made, archive), limits)
      const read = [...files].filter(([path]) => !path.startsWith('('))
      assert.deepEqual(
        read,
        made.map(({ name, bytes }) => [name, bytes]),
      )
      assert.equal(faults.size, 0)
      assert.deepEqual(
        notChecked.filter(({ why }) => !why.includes('before the archive')),
        [],
      )
    }),
    { numRuns: 150 },
  )
})

const sample = makeZip([
  { name: 'AndroidManifest.xml', bytes: 'stored', method: 0 },
  { name: 'deflated', bytes: 'again and '.repeat(300), hasDescriptor: true },
  {
    name: 'inner.zip',
    bytes: makeZip(
      [
        { name: 'a', bytes: 'a'.repeat(50) },
        { name: 'b', isZip64: true },
      ],
      { isZip64: true },
    ),
  },
  { name: 'inner.tar', bytes: makeTar([{ name: 'file', bytes: 'x'.repeat(600) }]) },
  { name: 'wide', bytes: 'wide', isZip64: true },
])

test('an archive that is cut off anywhere is read as far as it goes, and never throws', async () => {
  for (let length = 0; length < sample.length; length += 3) {
    await openedBytes(sample.subarray(0, length), limits)
  }
})

test('an archive with any bytes changed is read as far as it goes, and never throws', async () => {
  const change = fc.tuple(fc.nat(sample.length - 1), fc.nat(255))
  await fc.assert(
    fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 12 }), async (changes) => {
      const changed = Buffer.from(sample)
      for (const [at, byte] of changes) changed[at] = byte
      const { files } = await openedBytes(changed, limits)
      const total = [...files.values()].reduce((sum, { length }) => sum + length, 0)
      assert.ok(total < 100 * sample.length, `${total} bytes`)
    }),
    { numRuns: 600 },
  )
})

test('every byte of the headers that lie at the end may be anything', async () => {
  const directory = sample.indexOf('PK\x01\x02', 'latin1')
  for (let at = directory; at < sample.length; at += 1) {
    for (const byte of [0, 0xff, (sample[at] ?? 0) ^ 1]) {
      const changed = Buffer.from(sample)
      changed[at] = byte
      await openedBytes(changed, limits)
    }
  }
})

test('any bytes at all are a package that is read', async () => {
  const heads = ['PK\x03\x04', 'PK\x05\x06', '\x1f\x8b\x08\0', '\x28\xb5\x2f\xfd', '']
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...heads),
      fc.uint8Array({ maxLength: 600 }),
      async (head, bytes) => {
        const { files, faults } = await openedBytes(
          Buffer.concat([Buffer.from(head, 'latin1'), bytes]),
          limits,
        )
        assert.ok(files.size + faults.size > 0 || head !== '')
      },
    ),
    { numRuns: 400 },
  )
})
