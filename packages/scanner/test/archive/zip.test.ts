import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { makeZip } from '../make-zip.ts'
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

test('archives within archives are opened, and their paths say so', async () => {
  const innermost = makeZip([{ name: 'key.pem', bytes: 'a key' }])
  const inner = makeZip([
    { name: 'a.zip', bytes: innermost },
    { name: 'b', bytes: 'b' },
  ])
  const { files } = await openedBytes(makeZip([{ name: 'inner', bytes: inner, method: 0 }]))
  assert.deepEqual([...files.keys()], ['inner!/a.zip!/key.pem', 'inner!/b'])
})
