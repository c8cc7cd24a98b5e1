import assert from 'node:assert/strict'
import { test } from 'node:test'
import { brotliCompressSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { defaultLimits } from '../../src/index.ts'
import { makeTar } from '../make-tar.ts'
import { makeZip, type MadeEntry } from '../make-zip.ts'
import { openedBytes } from '../opened.ts'

const pem = '-----BEGIN PRIVATE KEY-----'

async function pathsOf(entries: readonly MadeEntry[], limits = defaultLimits) {
  const { files, notChecked } = await openedBytes(makeZip(entries), limits)
  return {
    files,
    paths: [...files.keys()],
    whys: notChecked.map(({ path, why }) => `${path}: ${why}`),
  }
}

test('archives within archives are opened, stored or deflated, and their paths say so', async () => {
  const innermost = makeZip([{ name: 'key.pem', bytes: pem }])
  const inner = makeZip([
    { name: 'a.zip', bytes: innermost },
    { name: 'b', bytes: 'b' },
  ])
  for (const method of [0, 8]) {
    const { files, paths, whys } = await pathsOf([{ name: 'inner', bytes: inner, method }])
    assert.deepEqual(paths, ['inner!/a.zip!/key.pem', 'inner!/b'])
    assert.equal(files.get('inner!/a.zip!/key.pem')?.toString(), pem)
    assert.deepEqual(whys, [])
  }
})

test('those too large for memory are opened where they lie, or in a temporary file', async () => {
  const limits = { ...defaultLimits, wholeEntryBytes: 2_000, pieceBytes: 4_000, overlapBytes: 100 }
  const large = Buffer.from(Array.from({ length: 3_000 }, (_, index) => `${index} `).join(''))
  const inner = makeZip([
    { name: 'large', bytes: large },
    { name: 'key.pem', bytes: pem },
  ])
  assert.ok(inner.length > limits.wholeEntryBytes)
  for (const method of [0, 8]) {
    const { files, paths, whys } = await pathsOf([{ name: 'inner', bytes: inner, method }], limits)
    assert.deepEqual(paths, ['inner!/large', 'inner!/key.pem'])
    assert.deepEqual(files.get('inner!/large'), large)
    assert.deepEqual(whys, [])
  }
})

test('archives within archives end at the depth of the limits, with a line', async () => {
  let zip = makeZip([{ name: 'leaf', bytes: pem }])
  for (let level = 0; level < 6; level += 1) zip = makeZip([{ name: 'z', bytes: zip, method: 0 }])
  const { files, notChecked } = await openedBytes(zip)
  assert.deepEqual([...files.keys()], ['z!/z!/z!/z'])
  assert.deepEqual(notChecked, [
    {
      path: 'z!/z!/z!/z',
      why: 'archive in 4 archives, one within the other: looked at as bytes',
    },
  ])
})

test('gzip, Zstandard and Brotli are unpacked, and tar in them', async () => {
  const tar = makeTar([{ name: 'certs/key.pem', bytes: pem }])
  const { files, paths, whys } = await pathsOf([
    { name: 'a.tgz', bytes: gzipSync(tar) },
    { name: 'b.pem.gz', bytes: gzipSync(pem) },
    { name: 'c.pem.zst', bytes: zstdCompressSync(Buffer.from(pem)) },
    { name: 'd.js.br', bytes: brotliCompressSync(Buffer.from(pem)) },
    { name: 'no name says so', bytes: gzipSync(pem) },
  ])
  assert.deepEqual(paths, [
    'a.tgz!/a.tgz!/certs/key.pem', 'b.pem.gz!/b.pem', 'c.pem.zst!/c.pem', 'd.js.br!/d.js', 'no name says so!/no name says so',
  ]) // biome-ignore format: a list
  for (const path of paths) assert.equal(files.get(path)?.toString(), pem, path)
  assert.deepEqual(whys, [])
})

test('what is compressed and damaged is read as far as it goes', async () => {
  const text = Buffer.from(Array.from({ length: 50_000 }, (_, index) => `line ${index}`).join('\n'))
  const { files, whys } = await pathsOf([
    { name: 'cut.gz', bytes: gzipSync(text).subarray(0, 60_000) },
    { name: 'wrong.gz', bytes: Buffer.from('1f8b08000000000000ffffffffffff', 'hex') },
    { name: 'text.br', bytes: 'this is no Brotli' },
  ])
  const cut = files.get('cut.gz!/cut')
  assert.ok(cut && cut.length > 100_000 && text.subarray(0, cut.length).equals(cut))
  assert.ok(files.has('wrong.gz') && files.has('text.br'))
  assert.match(whys.join('\n'), /^cut\.gz: compressed bytes are damaged after \d+ bytes/m)
})

test('something compressed that is large comes in pieces', async () => {
  const limits = {
    ...defaultLimits,
    wholeEntryBytes: 50_000,
    pieceBytes: 60_000,
    overlapBytes: 100,
  }
  const text = Buffer.from(Array.from({ length: 50_000 }, (_, index) => `line ${index}`).join('\n'))
  const { files, whys } = await pathsOf([{ name: 'large.gz', bytes: gzipSync(text) }], limits)
  assert.deepEqual(files.get('large.gz!/large'), text)
  assert.deepEqual(whys, [])
})

test('archives that are not unpacked are told, and looked at as bytes', async () => {
  const { paths, whys } = await pathsOf([
    { name: 'a', bytes: Buffer.from('fd377a585a0000', 'hex') },
    { name: 'b', bytes: Buffer.from('377abcaf271c0004', 'hex') },
    { name: 'c', bytes: 'BZh91AY&SY' },
  ])
  assert.deepEqual(paths, ['a', 'b', 'c'])
  assert.deepEqual(whys.map((why) => why.split(',')[0]), [
    'a: compressed as xz', 'b: compressed as 7-Zip', 'c: compressed as bzip2',
  ]) // biome-ignore format: a list
})

test('tar: long names, links left out, a damaged header ends it with a line', async () => {
  const long = `${'folder/'.repeat(20)}key.pem`
  const tar = makeTar([
    { name: long, bytes: pem },
    { name: 'link', type: '2' },
    { name: 'same', bytes: '1' },
    { name: 'same', bytes: '2' },
  ])
  const whole = await openedBytes(tar)
  assert.deepEqual([...whole.files.keys()], [long, 'same', 'same#2'])
  const damaged = Buffer.from(tar)
  damaged.write('damaged', tar.lastIndexOf('same'))
  const { files, notChecked } = await openedBytes(damaged)
  assert.deepEqual([...files.keys()], [long, 'same'])
  assert.match(notChecked[0]?.why ?? '', /header at byte \d+ is damaged/)
  const cut = await openedBytes(makeTar([{ name: 'a', bytes: 'x'.repeat(1_000) }]).subarray(0, 700))
  assert.deepEqual(cut.files.get('a')?.length, 700 - 512)
  assert.match(cut.notChecked[0]?.why ?? '', /cut off in its last entry/)
})
