import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readBinaryXml } from '../../src/android/xml/read-binary-xml.ts'
import {
  chunk,
  document,
  endElement,
  pool,
  resourceMap,
  startElement,
  words,
  type WrittenAttribute,
} from './binary-xml-writer.ts'
import { readFiles } from './fixture.ts'

// Names: 0 debuggable, 1 package, 2 manifest, 3 application, 4 the package's own.
const strings = ['debuggable', 'package', 'manifest', 'application', 'com.example.hidden']
const nameless = ['', 'package', 'manifest', 'application', 'com.example.hidden']
const debuggable: WrittenAttribute = { name: 0, type: 0x12, data: 0xffffffff }
const packageName: WrittenAttribute = { name: 1, type: 0x03, data: 4 }
const ids = resourceMap(0x0101000f)
const elements = [
  startElement(2, [packageName]),
  startElement(3, [debuggable]),
  endElement(3),
  endElement(2),
]
const [openManifest, openApplication, ...closed] = elements as [Buffer, Buffer, ...Buffer[]]
const odd = chunk(0x7777, Buffer.alloc(0), Buffer.alloc(32, 0x55))

/** What apps do so that tools give up on their manifest, and Android installs them all the same. */
const disguises: readonly [name: string, manifest: Buffer, faults?: RegExp][] = [
  ['nothing', document(pool(strings), ids, ...elements)],
  ['names of attributes that are blank', document(pool(nameless), ids, ...elements)],
  ['another type of the document', withType(document(pool(strings), ids, ...elements), 0)],
  [
    'chunks of an unknown kind',
    document(pool(strings), odd, ids, openManifest, odd, openApplication, odd, ...closed),
  ],
  ['more strings than there are', document(pool(strings, 0x7fffffff), ids, ...elements)],
  [
    'a pool before the one that counts',
    document(pool(['a', 'b']), pool(strings), ids, ...elements),
  ],
  [
    'attributes that are longer than they need be',
    document(
      pool(strings),
      ids,
      openManifest,
      startElement(3, [debuggable], { attributeBytes: 32 }),
      ...closed,
    ),
  ],
  [
    'values whose reserved byte is not 0',
    document(
      pool(strings),
      ids,
      openManifest,
      startElement(3, [debuggable], { reserved: 0xff }),
      ...closed,
    ),
  ],
  [
    'more attributes than there are',
    document(
      pool(strings),
      ids,
      openManifest,
      startElement(3, [debuggable], { count: 0xffff }),
      ...closed,
    ),
  ],
  [
    'a chunk whose length is nothing',
    document(pool(strings), ids, openManifest, withSize(odd, 0), openApplication, ...closed),
    /says a length that cannot be/,
  ],
  [
    'a chunk that says it is longer than the file',
    document(
      pool(strings),
      ids,
      openManifest,
      withSize(endElement(0), 0x7fffffff),
      openApplication,
      ...closed,
    ),
    /says a length that cannot be/,
  ],
  [
    'a document that says it is longer',
    withSize(document(pool(strings), ids, ...elements), 0x7fffffff),
    /shorter than it says/,
  ],
  [
    'a longer header of its elements',
    document(pool(strings), ids, openManifest, longHeader(openApplication), ...closed),
  ],
]

for (const [name, manifest, fault] of disguises) {
  test(`a manifest is read behind ${name}`, async () => {
    const { facts, notChecked } = await readFiles(new Map([['AndroidManifest.xml', manifest]]))
    assert.equal(facts.androidApps[0]?.base.packageName, 'com.example.hidden')
    assert.equal(facts.androidApps[0]?.base.debuggable?.value, true)
    const told = notChecked.map(({ why }) => why).join('\n')
    if (fault) assert.match(told, fault)
    else assert.equal(told, '')
  })
}

test('an attribute that is called debuggable but has no id is none, as to the platform', async () => {
  const manifest = document(pool(strings), resourceMap(0x01010001), ...elements)
  const { facts } = await readFiles(new Map([['AndroidManifest.xml', manifest]]))
  assert.equal(facts.androidApps[0]?.base.debuggable, undefined)
})

test('elements below the deepest that is read are left out, and told', () => {
  const depth = 100_000
  const open = Array.from({ length: depth }, () => startElement(2))
  const close = Array.from({ length: depth }, () => endElement(2))
  const { root, faults } = readBinaryXml(
    document(pool(strings), Buffer.concat([...open, ...close])),
  )
  assert.equal(root?.name, 'manifest')
  assert.match(faults.join(), /nested more than 200 deep/)
})

test('more elements than any file has end the reading', () => {
  const many = Array.from({ length: 150_000 }, () => [startElement(3), endElement(3)]).flat()
  const { root, faults } = readBinaryXml(
    document(pool(strings), startElement(2), Buffer.concat(many)),
  )
  assert.equal(root?.children.length, 99_999)
  assert.match(faults.join(), /too many elements/)
})

test('strings that overlap cost no more than three times their pool', () => {
  const text = Buffer.alloc(60_000, 0x61)
  const length = Buffer.from([0x80 | ((60_000 / 2) >> 8), (60_000 / 2) & 0xff])
  const bytes = Buffer.concat([length, length, text])
  const count = 100_000
  const header = words(count, 0, 1 << 8, 28 + 4 * count, 0)
  const overlapping = chunk(1, header, Buffer.concat([Buffer.alloc(4 * count), bytes]))
  const names = Array.from({ length: 10_000 }, (_, name) => startElement(name))
  const { strings: read, faults } = readBinaryXml(document(overlapping, ...names))
  assert.equal(read.isExhausted(), true)
  assert.match(faults.join(), /overlap/)
})

function withType(bytes: Buffer, type: number): Buffer {
  const copy = Buffer.from(bytes)
  copy.writeUInt16LE(type, 0)
  return copy
}

function withSize(bytes: Buffer, size: number): Buffer {
  const copy = Buffer.from(bytes)
  copy.writeUInt32LE(size, 4)
  return copy
}

function longHeader(bytes: Buffer): Buffer {
  const longer = Buffer.concat([bytes.subarray(0, 16), Buffer.alloc(8), bytes.subarray(16)])
  longer.writeUInt16LE(24, 2)
  longer.writeUInt32LE(longer.length, 4)
  return longer
}
