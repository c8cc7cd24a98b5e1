import assert from 'node:assert/strict'
import { createWriteStream } from 'node:fs'
import { mkdtemp, open, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { after, before, test } from 'node:test'
import { createGzip, deflateRawSync } from 'node:zlib'
import { makeZip, numbers } from '../make-zip.ts'
import { type Cost, readInChild } from '../read-in-child.ts'

const megabyte = 1024 ** 2

let folder: string
before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'hostile-'))
})
after(() => rm(folder, { recursive: true }))

async function costOf(bytes: Buffer, limits?: Parameters<typeof readInChild>[1]): Promise<Cost> {
  const file = path.join(folder, 'package')
  await writeFile(file, bytes)
  return readInChild(file, limits)
}

function assertBounded({ milliseconds, peakMemory }: Cost, seconds: number, megabytes: number) {
  assert.ok(milliseconds < seconds * 1_000, `${Math.round(milliseconds)} ms`)
  assert.ok(peakMemory < megabytes * megabyte, `${Math.round(peakMemory / megabyte)} MB`)
}

function reasonsOf({ ledger }: Cost): string {
  return ledger.map(({ path: entry, why }) => `${entry}: ${why}`).join('\n')
}

test('60,000 entries of the same bytes are not 60,000 times those bytes', async () => {
  const kernel = Buffer.alloc(10 * megabyte)
  const one = makeZip([{ name: 'k', bytes: kernel }])
  const directoryOffset = one.indexOf('PK\x01\x02', 'latin1')
  const record = one.subarray(directoryOffset, -22)
  const count = 60_000
  const directory = Buffer.concat(Array.from({ length: count }, () => record))
  const end = Buffer.concat([
    numbers(4, 0x06054b50), numbers(2, 0, 0, count, count), numbers(4, directory.length, directoryOffset), numbers(2, 0),
  ]) // biome-ignore format: a record
  const cost = await costOf(Buffer.concat([one.subarray(0, directoryOffset), directory, end]))
  assert.equal(cost.entries, count)
  assert.ok(cost.bytes <= 60 * megabyte, `${cost.bytes} bytes`)
  assert.equal(cost.bytes + cost.faults * 10 * megabyte, count * 10 * megabyte)
  assert.match(reasonsOf(cost), /are those of other entries too/)
  assert.ok(cost.ledger.length < 30, reasonsOf(cost))
  assertBounded(cost, 15, 300)
})

test('entries that quote the headers of the next are no more than they are', async () => {
  // Each is stored and goes on to the end: sizes add up to the square of the archive (A better zip bomb, §3).
  const count = 2_000
  const body = Buffer.alloc(20_000, 'x')
  const entryBytes = 30 + 5 + body.length
  const entries = Array.from({ length: count }, (_, index) => {
    const length = (count - index) * entryBytes - 35
    return {
      name: String(index).padStart(5, '0'),
      bytes: body,
      method: 0,
      says: { bytes: length, compressedBytes: length },
    }
  })
  const cost = await costOf(makeZip(entries))
  assert.equal(cost.entries, count)
  assert.ok(cost.bytes < 3 * 48 * megabyte, `${cost.bytes} bytes`)
  assert.ok(cost.faults > 1_900)
  assertBounded(cost, 15, 300)
})

test('a million entries: as many as may be are read, and one line says so', async () => {
  const count = 1_000_000
  const local = Buffer.concat([
    numbers(4, 0x04034b50),
    numbers(2, 20, 0, 0, 0, 33),
    numbers(4, 0, 0, 0),
    numbers(2, 7, 0),
  ])
  const central = Buffer.concat([
    numbers(4, 0x02014b50), numbers(2, 20, 20, 0, 0, 0, 33), numbers(4, 0, 0, 0), numbers(2, 7, 0, 0, 0, 0), numbers(4, 0, 0),
  ]) // biome-ignore format: a record
  const body = Buffer.alloc(count * 37)
  const directory = Buffer.alloc(count * 53)
  for (let index = 0; index < count; index += 1) {
    const name = index.toString(36).padStart(7, '0')
    local.copy(body, index * 37)
    body.write(name, index * 37 + 30, 'latin1')
    central.copy(directory, index * 53)
    directory.writeUInt32LE(index * 37, index * 53 + 42)
    directory.write(name, index * 53 + 46, 'latin1')
  }
  const end64 = Buffer.concat([
    numbers(4, 0x06064b50), numbers(8, 44), numbers(2, 45, 45), numbers(4, 0, 0), numbers(8, count, count, directory.length, body.length),
    numbers(4, 0x07064b50, 0), numbers(8, body.length + directory.length), numbers(4, 1),
    numbers(4, 0x06054b50), numbers(2, 0, 0, 0xffff, 0xffff), numbers(4, 0xffffffff, 0xffffffff), numbers(2, 0),
  ]) // biome-ignore format: a record
  const cost = await costOf(Buffer.concat([body, directory, end64]))
  assert.ok(cost.entries <= 200_001, `${cost.entries} entries`)
  assert.match(
    reasonsOf(cost),
    /more entries than are looked at \(1000000, it says\): the first 200000 were read/,
  )
  assert.ok(cost.ledger.length < 5, reasonsOf(cost))
  assertBounded(cost, 40, 400)
})

test('an entry that says 10 bytes and holds a gigabyte costs nothing', async () => {
  const bytes = Buffer.alloc(1024 * megabyte)
  const packed = deflateRawSync(bytes)
  const says = { method: 8, bytes: 10 }
  const cost = await costOf(makeZip([{ name: 'bomb', bytes: packed, method: 0, says }]))
  assert.equal(cost.faults, 1)
  assertBounded(cost, 10, 150)
})

test('an entry that says more than there can be costs nothing', async () => {
  const says = { method: 8, bytes: 47 * megabyte }
  const entries = Array.from({ length: 2_000 }, (_, index) => ({
    name: `${index}`,
    bytes: 'x',
    method: 0,
    says,
  }))
  const cost = await costOf(makeZip(entries))
  assert.equal(cost.faults, 2_000)
  assertBounded(cost, 5, 200)
})

test('archives of archives of archives end at the depth and at the number of entries', async () => {
  // 16 of 16 of 16 …, as in 42.zip; the innermost holds a file of zeros.
  let zip = makeZip([{ name: '0', bytes: Buffer.alloc(megabyte) }])
  for (let level = 0; level < 6; level += 1) {
    const bytes = zip
    zip = makeZip(Array.from({ length: 16 }, (_, index) => ({ name: `${index}.zip`, bytes })))
  }
  const cost = await costOf(zip)
  assert.equal(cost.entries, 16 ** 4)
  assert.match(reasonsOf(cost), /one within the other/)
  assertBounded(cost, 60, 300)
  const few = await costOf(zip, { entries: 1_000 })
  assert.ok(few.entries <= 1_000)
})

test('what unpacks to more than all of it may ends with a line', async () => {
  const bytes = Buffer.alloc(20 * megabyte)
  const zip = makeZip(Array.from({ length: 20 }, (_, index) => ({ name: `${index}`, bytes })))
  const cost = await costOf(zip, { totalBytes: 100 * megabyte })
  assert.equal(cost.bytes, 100 * megabyte)
  assert.equal(cost.faults, 15)
  assert.match(reasonsOf(cost), /unpacks to more than 104857600 bytes/)
  assertBounded(cost, 10, 250)
})

test('a gzip of gigabytes comes in pieces, up to what one entry may be', async () => {
  const file = path.join(folder, 'zeros')
  const zeros = Readable.from(Array.from({ length: 600 }, () => Buffer.alloc(megabyte)))
  await pipeline(zeros, createGzip({ level: 1 }), createWriteStream(file))
  const cost = await readInChild(file, { entryBytes: 400 * megabyte })
  assert.ok(cost.largestPiece <= 9 * megabyte)
  assert.match(reasonsOf(cost), /unpacks to more than 419430400 bytes/)
  assertBounded(cost, 30, 300)
})

test('an entry of hundreds of megabytes comes in pieces', async () => {
  const bytes = Buffer.alloc(300 * megabyte, 'not all zero')
  const cost = await costOf(makeZip([{ name: 'large', bytes }]))
  assert.ok(cost.bytes >= bytes.length)
  assert.equal(cost.faults, 0)
  assert.ok(cost.largestPiece <= 9 * megabyte)
  assertBounded(cost, 20, 300)
})

test('a sparse file of many gigabytes costs no more than it may', async () => {
  const file = path.join(folder, 'sparse')
  const handle = await open(file, 'w')
  await handle.write('PK\x03\x04', 0, 'latin1')
  await handle.truncate(3 * 1024 * megabyte)
  await handle.close()
  const cost = await readInChild(file)
  assertBounded(cost, 60, 300)
})

test('a hundred megabytes of what begins like entries are bytes', async () => {
  const cost = await costOf(Buffer.alloc(100 * megabyte, 'PK\x03\x04\xff\xff\xff', 'latin1'))
  assert.ok(cost.bytes >= 100 * megabyte)
  assertBounded(cost, 20, 300)
})

test('a compressed size of gigabytes is not a buffer of gigabytes', async () => {
  const says = { bytes: 100, compressedBytes: 0xfffffff0 }
  const cost = await costOf(
    makeZip([{ name: 'a', bytes: Buffer.alloc(100), says }], {
      before: Buffer.alloc(60 * megabyte, 1),
    }),
  )
  assertBounded(cost, 5, 250)
})
