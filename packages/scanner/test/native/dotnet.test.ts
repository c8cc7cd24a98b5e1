import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { EntryFault } from '../../src/archive/entry.ts'
import { dotnetReader } from '../../src/native/dotnet.ts'
import { elfReader } from '../../src/native/elf.ts'
import { unpackLz4Block } from '../../src/native/lz4-block.ts'
import { unityMetadataReader } from '../../src/native/unity-metadata.ts'
import { fixture, placesOf, readWith } from '../collect.ts'

const secret = '密码-user-string-0123'

/** The metadata of an assembly with one user string, behind what a PE begins with (ECMA-335 §II.24.2). */
function assembly(): Buffer {
  const text = Buffer.from(secret, 'utf16le')
  const heap = Buffer.concat([Buffer.from([0, text.length + 1]), text, Buffer.from([1])])
  const root = Buffer.alloc(20 + 12 + 12)
  root.write('BSJB', 0)
  root.writeUInt32LE(12, 12)
  root.write('v4.0.30319', 16)
  root.writeUInt16LE(1, 30)
  root.writeUInt32LE(root.length, 32)
  root.writeUInt32LE(heap.length, 36)
  root.write('#US', 40)
  return Buffer.concat([Buffer.from('MZ'.padEnd(128, '\0')), root, heap])
}

/** All literals, as a compressor that gives up would write it. */
function lz4(bytes: Buffer): Buffer {
  const more = bytes.length - 15
  const lengths = [...Buffer.alloc(Math.floor(more / 255), 0xff), more % 255]
  return Buffer.concat([Buffer.from([0xf0, ...lengths]), bytes])
}

test('user strings of an assembly are found where they lie', async () => {
  const bytes = assembly()
  assert.ok(dotnetReader.takes(bytes, 'App.dll'))
  const { regions } = await readWith(dotnetReader, bytes)
  assert.deepEqual(placesOf(secret, regions), [bytes.indexOf(secret, 0, 'utf16le')])
})

test('compressed assemblies of a store are read, and one that is damaged costs a line', async () => {
  const header = (index: number, length: number) => {
    const bytes = Buffer.from('XALZ\0\0\0\0\0\0\0\0', 'latin1')
    bytes.writeUInt32LE(index, 4)
    bytes.writeUInt32LE(length, 8)
    return bytes
  }
  const whole = assembly()
  const damaged = [header(0, whole.length + 1), lz4(whole)]
  const store = Buffer.concat([
    Buffer.from('XABA\x01\0\0\0'),
    ...damaged,
    header(7, whole.length),
    lz4(whole),
  ])
  const { regions, blobs, notChecked } = await readWith(dotnetReader, store, 'assemblies.blob')
  assert.equal(blobs.length, 1)
  assert.ok(blobs[0]?.bytes.equals(whole))
  const inside = regions.filter(({ path }) => path === 'assemblies.blob!/assembly-7')
  assert.equal(placesOf(secret, inside).length, 1)
  assert.deepEqual(
    notChecked.map(({ why }) => why),
    ['.NET assembly at byte 8: LZ4: cut short'],
  )
})

test('a store in a section of a library is read as a store', async () => {
  const compressed = Buffer.concat([Buffer.from('XALZ\0\0\0\0\0\0\0\0', 'latin1'), lz4(assembly())])
  compressed.writeUInt32LE(assembly().length, 8)
  const store = Buffer.concat([Buffer.from('XABA'), compressed, Buffer.alloc(8192, 1)])
  // In place of its first section, which has no name then.
  const library = Buffer.concat([fixture('native/aarch64.so'), store])
  const firstSection = Number(library.readBigUInt64LE(40)) + 64
  library.writeUInt32LE(0, firstSection)
  library.writeUInt32LE(1, firstSection + 4)
  library.writeBigUInt64LE(0n, firstSection + 8)
  library.writeBigUInt64LE(BigInt(library.length - store.length), firstSection + 24)
  library.writeBigUInt64LE(BigInt(store.length), firstSection + 32)
  const { regions } = await readWith(elfReader, library, 'libassemblies.so')
  const inside = regions.filter(({ path }) => path === 'libassemblies.so!/assembly-0')
  assert.equal(placesOf(secret, inside).length, 1)
})

test('bytes of assemblies and of Unity that were changed are read, or refused in words', async () => {
  const whole = assembly()
  const unity = unityMetadata(['first', 'second'])
  const changes = fc.array(fc.tuple(fc.nat(300), fc.nat(255)), { maxLength: 8 })
  await fc.assert(
    fc.asyncProperty(fc.boolean(), changes, fc.nat(300), async (isUnity, all, length) => {
      const bytes = Buffer.from(isUnity ? unity : whole)
      for (const [at, value] of all) if (at < bytes.length) bytes[at] = value
      const reader = isUnity ? unityMetadataReader : dotnetReader
      try {
        await readWith(reader, bytes.subarray(0, Math.max(length, 32)))
      } catch (error) {
        if (!(error instanceof EntryFault)) throw error
      }
    }),
    { numRuns: 1000 },
  )
})

test('LZ4 as lz4 1.9 writes it is unpacked', () => {
  const block = Buffer.from(
    '3f6162630300ff17f009656e64206f6620746578742c20656e64206f662074657874',
    'hex',
  )
  const text = `${'abc'.repeat(100)}end of text, end of text`
  assert.equal(unpackLz4Block(block, text.length).toString(), text)
})

test('bytes of LZ4 that were changed are unpacked to that length, or refused in words', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), fc.nat(400), (bytes, length) => {
      try {
        assert.equal(unpackLz4Block(Buffer.from(bytes), length).length, length)
      } catch (error) {
        if (!(error instanceof EntryFault)) throw error
      }
    }),
    { numRuns: 3000 },
  )
})

test('metadata that lies in other metadata costs no more than one of them', async () => {
  const root = assembly().subarray(128, 172)
  const bytes = Buffer.concat([Buffer.from('MZ'), ...Array.from({ length: 100_000 }, () => root)])
  for (let at = 2; at < bytes.length; at += root.length) {
    bytes.writeUInt32LE(bytes.length - at - 44, at + 36)
  }
  const began = performance.now()
  await readWith(dotnetReader, bytes)
  assert.ok(performance.now() - began < 2000)
})

test('literals of Unity are told apart, though nothing stands between them', async () => {
  const literals = ['first-secret', 'zweites Geheimnis ü', 'third']
  const bytes = unityMetadata(literals)
  assert.ok(unityMetadataReader.takes(bytes, 'global-metadata.dat'))
  const { regions } = await readWith(unityMetadataReader, bytes)
  assert.equal(regions[0]?.text, literals.map((literal) => `${literal}\n`).join(''))
  assert.deepEqual(placesOf('third', regions), [bytes.indexOf('third')])
  await assert.rejects(
    async () => readWith(unityMetadataReader, bytes.subarray(0, 60)),
    /encrypted/,
  )
})

/** A table of lengths and places, and the literals behind it. */
function unityMetadata(literals: readonly string[]): Buffer {
  const data = Buffer.from(literals.join(''))
  const table = Buffer.alloc(literals.length * 8)
  let start = 0
  for (const [index, literal] of literals.entries()) {
    table.writeUInt32LE(Buffer.byteLength(literal), index * 8)
    table.writeUInt32LE(start, index * 8 + 4)
    start += Buffer.byteLength(literal)
  }
  const header = Buffer.alloc(32)
  const fields = [0xfab11baf, 29, 32, table.length, 32 + table.length, data.length]
  for (const [index, value] of fields.entries()) header.writeUInt32LE(value, index * 4)
  return Buffer.concat([header, table, data])
}
