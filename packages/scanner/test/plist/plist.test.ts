import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { EntryFault } from '../../src/archive/entry.ts'
import { readBinaryPlist } from '../../src/plist/binary-plist.ts'
import { memberOf, type PlistValue, textOf } from '../../src/plist/plist-value.ts'
import { propertyListReader } from '../../src/plist/property-list.ts'
import { readXmlPlist } from '../../src/plist/xml-plist.ts'
import { fixture, placesOf, readWith } from '../collect.ts'

const xml = fixture('ios/Info.xml.plist')
// Made of the other by plistutil of libplist.
const binary = fixture('ios/Info.binary.plist')

/** The bytes 0 to 47. */
const data = Buffer.from(Array.from({ length: 48 }, (_, index) => index)).toString('hex')

/** Without offsets. */
function plain(value: PlistValue): unknown {
  if (value.type === 'array') return value.items.map(plain)
  if (value.type === 'data') return value.bytes.toString('hex')
  if (value.type !== 'dictionary') return { ...value, offset: 0 }
  return Object.fromEntries([...value.members].map(([key, member]) => [key, plain(member)]))
}

test('lists are told by their content', () => {
  const takes = (head: Buffer) => propertyListReader.takes(head, 'entry')
  assert.ok(takes(xml) && takes(binary))
  assert.ok(takes(Buffer.from('\ufeff<?xml version="1.0"?>\n<!-- a > b -->\n<!-- c --> <plist>')))
  assert.ok(!takes(Buffer.from('<?xml version="1.0"?><resources/>')))
  assert.ok(!takes(Buffer.from('<!-- <plist> ')))
  assert.ok(!takes(Buffer.from('bplist')))
})

test('both forms of a list say the same', () => {
  const value = readXmlPlist(xml)
  assert.deepEqual(plain(readBinaryPlist(binary)), plain(value))
  assert.equal(textOf(memberOf(value, 'CFBundleName')), 'Bank & Söhne €')
  assert.deepEqual(plain(memberOf(value, 'Negative')!), { type: 'number', number: -5, offset: 0 })
  assert.equal(plain(memberOf(value, 'Blob')!), data)
})

for (const [name, bytes] of [
  ['XML', xml],
  ['binary', binary],
] as const) {
  test(`of the ${name} form, strings stand beside their keys, and where they lie is known`, async () => {
    const { regions, blobs, notChecked } = await readWith(propertyListReader, bytes)
    const secret = 'not-a-real-key-0123456789'
    assert.match(regions[0]?.text ?? '', /^ApiKey = "not-a-real-key-0123456789"$/m)
    assert.deepEqual(placesOf(secret, regions), [bytes.indexOf(secret)])
    assert.equal(blobs[0]?.bytes.toString('hex'), data)
    assert.deepEqual(notChecked, [])
  })
}

test('a list that is archived in a list is read too, and hashes are not looked at', async () => {
  const outer = (inner: Buffer) =>
    Buffer.from(`<plist><dict><key>a</key><data>${inner.toString('base64')}</data></dict></plist>`)
  const { regions, blobs } = await readWith(propertyListReader, outer(outer(binary)))
  assert.ok(regions.some(({ text }) => /^ApiKey = "not-a-real-key/m.test(text)))
  assert.equal(blobs.length, 1)
  assert.equal((await readWith(propertyListReader, outer(Buffer.alloc(32)))).blobs.length, 0)
})

const hostile: Record<string, Buffer> = {
  'entities that grow': Buffer.from(
    '<!DOCTYPE plist [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><plist><string>&b;</string></plist>',
  ),
  'arrays in arrays': Buffer.from(`<plist>${'<array>'.repeat(100_000)}`),
  'a value without a key': Buffer.from('<plist><dict><true/></dict></plist>'),
  'a key in an array': Buffer.from('<plist><array><key>a</key></array></plist>'),
  'the wrong end': Buffer.from('<plist><dict></array></plist>'),
  'an unknown element': Buffer.from('<plist><__proto__/></plist>'),
  'nothing in it': Buffer.from('<plist></plist>'),
  'cut short': xml.subarray(0, 700),
  'a list that holds itself': binaryOf([[0xa1, 0]]),
  'lists in lists': binaryOf(Array.from({ length: 200 }, (_, index) => [0xa1, index + 1])),
  'a count of 2⁶³': binaryOf([[0xaf, 0x13, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]]),
  'a negative count': binaryOf([[0x5f, 0x13, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]]),
  'a member that is not there': binaryOf([[0xa1, 9]]),
}

/** A list of these objects, the first on top, with references of one byte. */
function binaryOf(objects: readonly (readonly number[])[]): Buffer {
  const offsets: number[] = []
  let at = 8
  for (const object of objects) {
    offsets.push(at)
    at += object.length
  }
  const table = Buffer.alloc(objects.length * 2)
  for (const [index, offset] of offsets.entries()) table.writeUInt16BE(offset, index * 2)
  const trailer = Buffer.alloc(32)
  trailer.set([2, 1], 6)
  trailer.writeBigUInt64BE(BigInt(objects.length), 8)
  trailer.writeBigUInt64BE(BigInt(at), 24)
  return Buffer.concat([Buffer.from('bplist00'), Buffer.from(objects.flat()), table, trailer])
}

for (const [name, bytes] of Object.entries(hostile)) {
  test(`a list is refused: ${name}`, async () => {
    const { notChecked } = await readWith(propertyListReader, bytes)
    assert.equal(notChecked.length, 1)
    assert.match(notChecked[0]?.why ?? '', /^property list: /)
  })
}

test('lists that share one another twice over cost no more than what is written', async () => {
  const doubling = Array.from({ length: 60 }, (_, index) => [0xa2, index + 1, index + 1])
  const bytes = binaryOf([...doubling, [0x53, ...Buffer.from('end')]])
  const { regions, notChecked } = await readWith(propertyListReader, bytes)
  assert.deepEqual(notChecked, [])
  assert.ok((regions[0]?.text.length ?? 0) < 100)
})

test('bytes that were changed are read, or refused in words', () => {
  for (const [whole, read] of [
    [xml, readXmlPlist],
    [binary, readBinaryPlist],
  ] as const) {
    const changes = fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 8 })
    fc.assert(
      fc.property(changes, fc.nat(whole.length), (changed, length) => {
        const bytes = Buffer.from(whole)
        for (const [at, value] of changed) bytes[at] = value
        for (const tried of [bytes, bytes.subarray(0, length)]) {
          try {
            read(tried)
          } catch (error) {
            if (!(error instanceof EntryFault)) throw error
          }
        }
      }),
      { numRuns: 2000 },
    )
  }
})
