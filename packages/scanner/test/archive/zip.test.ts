import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { deflateRawSync } from 'node:zlib'
import { defaultLimits } from '../../src/index.ts'
import { makeZip, numbers } from '../make-zip.ts'
import { openedBytes } from '../opened.ts'

test('every entry is read once, in the order of the directory, stored or deflated', async () => {
  const zip = makeZip([
    { name: 'b.txt', bytes: 'stored', method: 0 },
    { name: 'folder/' },
    { name: 'folder/a.txt', bytes: 'deflated '.repeat(1_000) },
    { name: 'described.txt', bytes: 'sizes behind it', hasDescriptor: true },
    { name: 'empty' },
  ])
  const { app, files, faults, notChecked, sha256 } = await openedBytes(zip)
  assert.deepEqual([...files.keys()], ['b.txt', 'folder/a.txt', 'described.txt', 'empty'])
  assert.equal(files.get('folder/a.txt')?.toString(), 'deflated '.repeat(1_000))
  assert.equal(files.get('described.txt')?.toString(), 'sizes behind it')
  assert.deepEqual([faults.size, notChecked], [0, []])
  assert.equal(app.format, 'zip')
  assert.equal(app.bytes, zip.length)
  assert.equal(sha256, createHash('sha256').update(zip).digest('hex'))
})

test('zip64 is read, in the end record and in entries', async () => {
  const entries = [
    { name: 'a', bytes: 'wide', isZip64: true },
    { name: 'b', bytes: 'narrow' },
  ]
  const { files, faults, notChecked } = await openedBytes(makeZip(entries, { isZip64: true }))
  assert.deepEqual(textOf(files), { a: 'wide', b: 'narrow' })
  assert.deepEqual([faults.size, notChecked], [0, []])
})

test('large entries come in pieces that overlap, and nothing is lost between them', async () => {
  const bytes = Buffer.from(Array.from({ length: 40_000 }, (_, index) => `${index} `).join(''))
  const limits = { ...defaultLimits, wholeEntryBytes: 1_000, pieceBytes: 5_000, overlapBytes: 300 }
  for (const method of [0, 8]) {
    const { files, notChecked } = await openedBytes(makeZip([{ name: 'a', bytes, method }]), limits)
    assert.deepEqual(files.get('a'), bytes)
    assert.deepEqual(notChecked, [])
  }
})

test('a comment may hold another end record: the last that leads to a directory counts, as on Android', async () => {
  const decoy = makeZip([{ name: 'decoy', bytes: 'd' }])
  const zip = makeZip([{ name: 'a', bytes: 'a' }], { comment: decoy.subarray(-22) })
  assert.deepEqual(textOf((await openedBytes(zip)).files), { a: 'a' })

  const first = [{ name: 'first', bytes: 'longer than the other' }]
  const { files, notChecked } = await openedBytes(makeZip(first, { comment: decoy }))
  assert.equal(files.get('decoy')?.toString(), 'd')
  assert.match(reasons(notChecked), /two directories/)
  assert.match([...files.keys()].join('\n'), /^first \(not in the directory/m)
})

test('archives one behind the other are no ambiguity: the last is the archive', async () => {
  const one = makeZip([{ name: 'first', bytes: 'longer than the other' }])
  const two = makeZip([{ name: 'second', bytes: '2' }])
  const { files, notChecked } = await openedBytes(Buffer.concat([one, two]))
  assert.equal(files.get('second')?.toString(), '2')
  assert.doesNotMatch(reasons(notChecked), /two directories/)
})

test('an archive may begin anywhere, and what lies before it is looked at too', async () => {
  const before = Buffer.from('#!/bin/sh\n'.repeat(20))
  const { files, notChecked } = await openedBytes(makeZip([{ name: 'a', bytes: 'a' }], { before }))
  assert.equal(files.get('a')?.toString(), 'a')
  assert.deepEqual(files.get('(bytes of no entry, at 0)'), before)
  assert.match(reasons(notChecked), /200 bytes lie before the archive/)
})

test('two entries of one name are both read, and told', async () => {
  const zip = makeZip([
    { name: 'classes.dex', bytes: 'one' },
    { name: 'classes.dex', bytes: 'two' },
  ])
  const { files, notChecked } = await openedBytes(zip)
  assert.deepEqual(textOf(files), { 'classes.dex': 'one', 'classes.dex#2': 'two' })
  assert.match(reasons(notChecked), /1 of its entries have the name of another/)
})

test('the directory counts where a local header says otherwise, and that is told', async () => {
  const bytes = 'the same bytes'
  const zip = makeZip([
    { name: 'name', bytes, saysLocally: { name: 'another' } },
    { name: 'method', bytes, saysLocally: { method: 0x1234 } },
    { name: 'sizes', bytes, saysLocally: { bytes: 1, compressedBytes: 2 } },
    { name: 'same', bytes },
  ])
  const { files, faults, notChecked } = await openedBytes(zip)
  assert.deepEqual(textOf(files), { name: bytes, method: bytes, sizes: bytes, same: bytes })
  assert.equal(faults.size, 0)
  for (const { path, why } of notChecked)
    assert.ok(why.includes(`directory of the archive (${path})`))
  assert.equal(notChecked.length, 3)
})

test('a method that nobody knows is none, as for Android', async () => {
  const said = { method: 0x4242, compressedBytes: 3 }
  const zip = makeZip([
    { name: 'AndroidManifest.xml', bytes: 'plain bytes', method: 0, says: said },
  ])
  const { files, notChecked } = await openedBytes(zip)
  assert.equal(files.get('AndroidManifest.xml')?.toString(), 'plain bytes')
  assert.match(reasons(notChecked), /method 16962, which Android takes for none/)
})

test('the flag for encryption alone does not keep anything from being read', async () => {
  const zip = makeZip([
    { name: 'pretended', bytes: 'readable', flags: 1 },
    { name: 'stored', bytes: 'cipher text', method: 0, flags: 1, says: { crc: 1 } },
    { name: 'deflated', bytes: Buffer.alloc(50, 0xff), method: 0, flags: 1, says: { method: 8 } },
  ])
  const { files, faults } = await openedBytes(zip)
  assert.deepEqual(textOf(files), { pretended: 'readable' })
  const why = 'encrypted: not read'
  assert.deepEqual(Object.fromEntries(faults), { stored: why, deflated: why })
})

test('an entry that is not as large as it says is not read, and the others are', async () => {
  const bytes = Buffer.alloc(10_000, 'x')
  const zip = makeZip([
    { name: 'more', bytes, says: { bytes: 9_999 } },
    { name: 'fewer', bytes, says: { bytes: 10_001 } },
    { name: 'much more', bytes, says: { bytes: 3_000_000_000 } },
    { name: 'impossible', bytes, says: { bytes: 40_000_000 } },
    { name: 'damaged', bytes: Buffer.alloc(50, 0xff), method: 0, says: { method: 8 } },
    { name: 'elsewhere', bytes, says: { offset: 3 } },
    { name: 'good', bytes: 'good' },
  ])
  const { files, faults } = await openedBytes(zip)
  assert.equal(files.get('good')?.toString(), 'good')
  assert.match(faults.get('more') ?? '', /more bytes than the archive says/)
  assert.match(faults.get('fewer') ?? '', /fewer bytes than the archive says/)
  assert.match(faults.get('much more') ?? '', /larger than 2147483648 bytes/)
  assert.match(faults.get('impossible') ?? '', /more than 1100 times its size/)
  assert.match(faults.get('damaged') ?? '', /compressed bytes are damaged/)
  assert.match(faults.get('elsewhere') ?? '', /not where the directory of the archive says/)
})

test('a checksum that is wrong is told, and the entry read', async () => {
  const { files, notChecked } = await openedBytes(
    makeZip([{ name: 'a', bytes: 'a', says: { crc: 1 } }]),
  )
  assert.deepEqual(textOf(files), { a: 'a' })
  assert.match(reasons(notChecked), /checksum/)
})

test('an entry that the directory leaves out is read, and told', async () => {
  const zip = makeZip([
    { name: 'before', bytes: 'b' },
    { name: 'client.p12', bytes: 'a key that was deleted '.repeat(10), isHidden: true },
    {
      name: 'stored.pem',
      bytes: 'another key, long enough to be no padding '.repeat(3),
      method: 0,
      isHidden: true,
    },
    { name: 'after', bytes: 'a' },
  ])
  const { files, notChecked } = await openedBytes(zip)
  const hidden = [...files.keys()].filter((path) => path.includes('(not in the directory'))
  assert.equal(files.get(hidden[0] ?? '')?.toString(), 'a key that was deleted '.repeat(10))
  assert.match(hidden[0] ?? '', /^client\.p12 /)
  assert.match(hidden[1] ?? '', /^stored\.pem /)
  assert.equal(notChecked.length, 2)
})

function signingBlock(pairs: readonly (readonly [id: number, value: Buffer])[]): Buffer {
  const bodies = pairs.map(([id, value]) =>
    Buffer.concat([numbers(8, value.length + 4), numbers(4, id), value]),
  )
  const size = numbers(
    8,
    bodies.reduce((sum, { length }) => sum + length, 24),
  )
  return Buffer.concat([size, ...bodies, size, Buffer.from('APK Sig Block 42')])
}

test('bytes before, between and behind entries are looked at, unless they are padding', async () => {
  const before = Buffer.alloc(100, 'before ')
  const behind = Buffer.alloc(100, 'behind ')
  const hidden = { name: 'hidden', bytes: 'x'.repeat(500), isHidden: true }
  const entries = [hidden, { name: 'a', bytes: 'a' }]
  const beforeDirectory = Buffer.concat([Buffer.alloc(5_000), behind])
  const { files } = await openedBytes(
    makeZip(entries, { before, beforeDirectory, comment: behind }),
  )
  assert.deepEqual(files.get('(bytes of no entry, at 0)'), before)
  const looked = Buffer.concat([...files.values()]).toString()
  assert.equal(looked.split('behind behind').length - 1, 14)
  assert.ok([...files.keys()].some((path) => path.startsWith('hidden (not in the directory')))
})

test('the signatures of an APK are no entry; what else was put beside them is', async () => {
  const v2 = [0x7109871a, Buffer.alloc(500, 'certificate')] as const
  const padding = [0x42726577, Buffer.alloc(4_000)] as const
  const signed = makeZip([{ name: 'a', bytes: 'a' }], {
    beforeDirectory: signingBlock([v2, padding]),
  })
  const { files, notChecked } = await openedBytes(signed)
  assert.deepEqual(textOf(files), { a: 'a' })
  assert.deepEqual(notChecked, [])

  const settings = Buffer.from(JSON.stringify({ channel: 'store', apiKey: 'x'.repeat(60) }))
  const beforeDirectory = signingBlock([v2, [0x71777777, settings], padding])
  const marked = await openedBytes(makeZip([{ name: 'a', bytes: 'a' }], { beforeDirectory }))
  assert.deepEqual([...marked.files.values()].at(-1), settings)
  assert.equal(marked.files.size, 2)
})

test('an archive that is cut off is read as far as it goes', async () => {
  const long = Buffer.from(Array.from({ length: 3_000 }, (_, index) => `line ${index}`).join('\n'))
  const zip = makeZip([
    { name: 'a', bytes: 'first' },
    { name: 'b', bytes: long },
  ])
  const half = 100 + Math.floor(deflateRawSync(long).length / 2)
  const { files, notChecked } = await openedBytes(zip.subarray(0, half))
  assert.deepEqual([...files.keys()], ['a', 'b'])
  const second = files.get('b')
  assert.equal(files.get('a')?.toString(), 'first')
  assert.ok(second && second.length > 1_000 && long.subarray(0, second.length).equals(second))
  assert.match(reasons(notChecked), /without a directory, cut off/)
})

test('an archive of many entries that is cut off is read to where it ends', async () => {
  const entries = Array.from({ length: 1_000 }, (_, index) => ({
    name: `${index}`,
    bytes: `text ${index}`,
  }))
  const zip = makeZip(entries)
  const { files, faults } = await openedBytes(zip.subarray(0, zip.indexOf('PK\x01\x02', 'latin1')))
  assert.equal(faults.size, 0)
  assert.deepEqual(
    textOf(files),
    Object.fromEntries(entries.map(({ name, bytes }) => [name, bytes])),
  )
})

test('names are printable, whatever they are made of, and never the same for two', async () => {
  const names = [
    '../../etc/passwd', 'a\0b', 'a\\b', 'C:\\key.pem', '/absolute', 'a!/b', 'x\u202egnp.exe', 'näme', '日本', '',
    Buffer.from([0xff, 0xfe, 0x41]), Buffer.from('\\xff\\xfeA'), 'n'.repeat(0xffff), `${'n'.repeat(0xfffe)}m`, 'line\nbreak',
  ] // biome-ignore format: a list
  const { files, faults } = await openedBytes(makeZip(names.map((name) => ({ name, bytes: 'x' }))))
  assert.equal(faults.size, 0)
  assert.equal(files.size, names.length)
  for (const path of files.keys()) {
    assert.ok(path.length <= 1_024)
    assert.doesNotMatch(path, /[\p{Cc}\p{Cf}]|!\//u)
  }
  assert.deepEqual([...files.keys()].slice(0, 9), [
    '../../etc/passwd', 'a\\x00b', 'a\\\\b', 'C:\\\\key.pem', '/absolute', 'a\\x21/b', 'x\\u{202e}gnp.exe', 'näme', '日本',
  ]) // biome-ignore format: a list
})

function textOf(files: ReadonlyMap<string, Buffer>): Record<string, string> {
  return Object.fromEntries([...files].map(([path, bytes]) => [path, bytes.toString()]))
}

function reasons(notChecked: readonly { why: string }[]): string {
  return notChecked.map(({ why }) => why).join('\n')
}
