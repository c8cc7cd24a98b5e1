import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fixture } from './assembled.ts'
import { readDex } from './read-dex.ts'

const strings = fixture('strings')
const firstText = (bytes: Buffer) => readDex(bytes).regions[0]?.text

test('every header of a container is read', () => {
  // Two headers before the tables of one DEX; those are named by the second.
  const shift = 0x78 + 0x78 - 0x70
  const bytes = Buffer.concat([Buffer.alloc(shift), strings])
  const table = strings.readUInt32LE(0x3c) + shift
  const count = strings.readUInt32LE(0x38)
  for (let row = 0; row < count; row++) {
    bytes.writeUInt32LE(bytes.readUInt32LE(table + row * 4) + shift, table + row * 4)
  }
  writeHeader(bytes, 0, 0x78)
  writeHeader(bytes, 0x78, bytes.length - 0x78)
  bytes.writeUInt32LE(count, 0x78 + 0x38)
  bytes.writeUInt32LE(table, 0x78 + 0x3c)
  assert.equal(firstText(bytes), firstText(strings))
})

test('a header of a container whose offsets count from itself is read too', () => {
  const bytes = Buffer.concat([Buffer.alloc(0x78), strings])
  writeHeader(bytes, 0, 0x78)
  assert.equal(firstText(bytes), firstText(strings))
})

test('what devices make of DEX is told, and not read', () => {
  for (const magic of ['dey\n036\0', 'cdex001\0', 'vdex027\0']) {
    const bytes = Buffer.alloc(256)
    bytes.write(magic)
    const { regions, notChecked } = readDex(bytes)
    assert.deepEqual(regions, [])
    assert.match(notChecked[0]?.why ?? '', /only its bytes were looked at/)
  }
})

test('a table that ends beyond the file is read as far as it goes', () => {
  const cut = strings.subarray(0, 0x70 + 8)
  const { notChecked } = readDex(cut)
  assert.match(notChecked[0]?.why ?? '', /of the table of strings, 2 rows of \d+ were read/)
})

test('bytes that only begin as DEX does are told', () => {
  assert.match(readDex(Buffer.from('dex\n035\0')).notChecked[0]?.why ?? '', /no header fits/)
  const swapped = Buffer.from(strings)
  swapped.subarray(0x28, 0x2c).reverse()
  assert.match(readDex(swapped).notChecked[0]?.why ?? '', /not little-endian/)
})

/** Of version 041, without tables. */
function writeHeader(bytes: Buffer, header: number, size: number): void {
  strings.copy(bytes, header, 0, 0x38)
  bytes.fill(0, header + 0x38, header + 0x78)
  bytes.write('041', header + 4)
  bytes.writeUInt32LE(size, header + 0x20)
  bytes.writeUInt32LE(0x78, header + 0x24)
  bytes.writeUInt32LE(bytes.length, header + 0x70)
  bytes.writeUInt32LE(header, header + 0x74)
}
