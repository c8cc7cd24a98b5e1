import assert from 'node:assert/strict'
import {
  chmodSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, test } from 'node:test'
import { isProblem } from '@sallyport/problem'
import fc from 'fast-check'
import { type KeptCopy, readCopy, sha256Hex, writeCopy } from '../../src/trust/kept-copy.ts'

let directory: string
let file: string
beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'sallyport-copy-'))
  file = path.join(directory, 'kept', 'status-list')
})
afterEach(() => rmSync(directory, { recursive: true }))

const maxBytes = 1_000_000
const isRefused = (error: unknown) => isProblem(error) && error.code === 'trust_copy_refused'

function copyOf(bytes: Buffer): KeptCopy {
  return {
    bytes,
    sha256: sha256Hex(bytes),
    fetchedAt: 1_795_000_000_000,
    source: 'fetch',
    url: 'https://publisher.example/status',
    etag: '"one"',
    lastModified: undefined,
  }
}

test('what is written is read again, whatever its bytes', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 5_000 }), async (bytes) => {
      const copy = copyOf(Buffer.from(bytes))
      await writeCopy(file, copy)
      assert.deepEqual(await readCopy(file, maxBytes), copy)
    }),
    { numRuns: 30 },
  )
})

test('a copy and its directory are private', async () => {
  await writeCopy(file, copyOf(Buffer.from('{}')))
  assert.equal(statSync(file).mode & 0o777, 0o600)
  assert.equal(statSync(path.dirname(file)).mode & 0o777, 0o700)
})

test('where there is none, there is none', async () => {
  assert.equal(await readCopy(file, maxBytes), undefined)
})

test('a copy that is cut short anywhere is not believed', async () => {
  await writeCopy(file, copyOf(Buffer.from('{"entries":{"ab":{"status":"REVOKED"}}}')))
  const whole = readFileSync(file)
  for (let length = 0; length < whole.length; length++) {
    writeFileSync(file, whole.subarray(0, length))
    await assert.rejects(readCopy(file, maxBytes), isRefused, `${length} bytes`)
  }
})

test('a copy with any byte changed is not believed, or is what it was', async () => {
  const copy = copyOf(Buffer.from('{"entries":{"ab":{"status":"REVOKED"}}}'))
  await writeCopy(file, copy)
  const whole = readFileSync(file)
  for (let index = 0; index < whole.length; index++) {
    const changed = Buffer.from(whole)
    changed.writeUInt8(changed.readUInt8(index) ^ 1, index)
    writeFileSync(file, changed)
    const read = await readCopy(file, maxBytes).catch((error: unknown) => {
      assert.ok(isRefused(error))
    })
    if (read !== undefined) assert.deepEqual(read.bytes, copy.bytes)
  }
})

test('a copy that others may write is not believed', async () => {
  await writeCopy(file, copyOf(Buffer.from('{}')))
  chmodSync(file, 0o666)
  await assert.rejects(readCopy(file, maxBytes), isRefused)
  chmodSync(file, 0o600)
  chmodSync(path.dirname(file), 0o777)
  await assert.rejects(readCopy(file, maxBytes), isRefused)
})

test('a link to somewhere else is not followed', async () => {
  await writeCopy(file, copyOf(Buffer.from('{}')))
  const link = path.join(path.dirname(file), 'link')
  symlinkSync(file, link)
  await assert.rejects(readCopy(link, maxBytes), isRefused)
})

test('a copy that is too large is not read', async () => {
  await writeCopy(file, copyOf(Buffer.alloc(20_000)))
  await assert.rejects(readCopy(file, 1_000), isRefused)
})

test('where it cannot be written, that is said, and the old one stays', async () => {
  writeFileSync(path.join(directory, 'taken'), '')
  const isUnwritable = (error: unknown) =>
    isProblem(error) && error.code === 'trust_copy_unwritable'
  const inFile = path.join(directory, 'taken', 'status-list')
  await assert.rejects(writeCopy(inFile, copyOf(Buffer.from('{}'))), isUnwritable)
})
