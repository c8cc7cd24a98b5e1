import assert from 'node:assert/strict'
import path from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { chunkTypes } from '../../src/android/chunk.ts'
import { parseNetworkSecurityConfig } from '../../src/android/network/parse-network-security-config.ts'
import { ConfigurationCrash } from '../../src/android/network/network-security-config.ts'
import { readProtobufResources } from '../../src/android/protobuf/read-protobuf-resources.ts'
import { readProtobufXml } from '../../src/android/protobuf/read-protobuf-xml.ts'
import { readResourceTable } from '../../src/android/resources/read-resource-table.ts'
import { resolveResource } from '../../src/android/resources/resource-table.ts'
import { readBinaryXml } from '../../src/android/xml/read-binary-xml.ts'
import { readTextXml, rootNameOf } from '../../src/android/xml/read-text-xml.ts'
import { chunk, pool, words } from './binary-xml-writer.ts'
import { filesIn, fixtures, readFiles } from './fixture.ts'

const runs = 400

/** Bytes of a file overwritten here and there, and its end cut off. */
const damage = fc.record({
  writes: fc.array(
    fc.record({
      at: fc.double({ min: 0, max: 1, noNaN: true }),
      bytes: fc.uint8Array({ minLength: 1, maxLength: 4 }),
    }),
    { maxLength: 6 },
  ),
  keeps: fc.oneof(fc.constant(1), fc.double({ min: 0, max: 1, noNaN: true })),
})

function damaged(
  bytes: Buffer,
  { writes, keeps }: typeof damage extends fc.Arbitrary<infer T> ? T : never,
) {
  const copy = Buffer.from(bytes.subarray(0, Math.ceil(bytes.length * keeps)))
  for (const { at, bytes: written } of writes)
    copy.set(
      written.subarray(0, Math.max(0, copy.length - Math.floor(at * copy.length))),
      Math.floor(at * copy.length),
    )
  return copy
}

for (const form of ['apk', 'sparse', 'bundle', 'source']) {
  const files = filesIn(path.join(fixtures, form))
  test(`${form}: no damage to any file throws, up to the judges`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...files.keys()), damage, async (file, how) => {
        await readFiles(new Map([...files, [file, damaged(files.get(file)!, how)]]))
      }),
      { numRuns: runs },
    )
  })

  test(`${form}: each file cut off at each byte throws nothing`, async () => {
    for (const [file, bytes] of files) {
      const step = Math.max(1, Math.floor(bytes.length / 200))
      for (let length = 0; length < bytes.length; length += step) {
        await readFiles(new Map([...files, [file, bytes.subarray(0, length)]]))
      }
    }
  })
}

const readers: readonly [name: string, read: (bytes: Buffer) => unknown][] = [
  ['binary XML', (bytes) => readBinaryXml(bytes)],
  ['compiled resources', (bytes) => readResourceTable(bytes, 'resources.arsc').byId(0x7f010000)],
  ['protobuf XML', (bytes) => readProtobufXml(bytes)],
  ['protobuf resources', (bytes) => readProtobufResources(bytes, 'resources.pb').byName('xml/a')],
  ['XML', (bytes) => readTextXml(bytes)],
]

for (const [name, read] of readers) {
  test(`${name}: arbitrary bytes throw nothing`, () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2000 }), (bytes) => void read(Buffer.from(bytes))),
    )
  })
}

const markup = fc
  .array(
    fc.constantFrom(
      '<a>',
      '</a>',
      '<a/>',
      '<',
      '>',
      '"',
      "'",
      '<!--',
      '-->',
      '<![CDATA[',
      ']]>',
      '<?',
      '?>',
      '<!',
      '&',
      '&amp;',
      '&#x41;',
      ' ',
      'b="c"',
      'x:y',
    ),
    { maxLength: 60 },
  )
  .map((parts) => parts.join(''))

test('XML: no order of its marks throws', () => {
  fc.assert(
    fc.property(markup, (text) => {
      readTextXml(Buffer.from(text))
      rootNameOf(text)
    }),
    { numRuns: 2000 },
  )
})

const nscElement = fc.constantFrom(
  'base-config',
  'domain-config',
  'domain',
  'pin-set',
  'pin',
  'trust-anchors',
  'certificates',
  'debug-overrides',
  'other',
)
const { element: nsc } = fc.letrec<{ element: string }>((tie) => ({
  element: fc
    .tuple(
      nscElement,
      fc.constantFrom('', 'expiration="2027-01-01"', 'digest="SHA-256"', 'src="user"'),
      fc.array(fc.oneof({ maxDepth: 5 }, fc.constant('a.example'), tie('element')), {
        maxLength: 3,
      }),
    )
    .map(([name, attribute, inside]) => `<${name} ${attribute}>${inside.join('')}</${name}>`),
}))

test('a network security configuration is parsed, or crashes as the platform does', () => {
  fc.assert(
    fc.property(fc.array(nsc, { maxLength: 4 }), (inside) => {
      const { root } = readTextXml(
        Buffer.from(`<network-security-config>${inside.join('')}</network-security-config>`),
      )
      try {
        parseNetworkSecurityConfig(root!, 'network.xml', true)
      } catch (error) {
        assert.ok(error instanceof ConfigurationCrash, String(error))
      }
    }),
    { numRuns: 1000 },
  )
})

/** What is quadratic takes minutes. */
const bound = 10_000

function within(milliseconds: number, run: () => void): void {
  const startedAt = performance.now()
  run()
  const took = performance.now() - startedAt
  assert.ok(took < milliseconds, `took ${Math.round(took)} ms`)
}

test('references that lead in a circle, or to ever more, end', () => {
  const [first, second] = [0x7f010000, 0x7f010001]
  const table = readResourceTable(references([second, first]), 'resources.arsc')
  assert.equal(table.byId(first)[0]?.value.kind, 'reference')
  assert.deepEqual(resolveResource([table], { kind: 'reference', id: first }), [])
})

test('of ten thousand manifests and tables, those least deep are judged, in bounded time', async () => {
  const apk = filesIn(path.join(fixtures, 'apk'))
  const many = new Map(apk)
  for (let index = 0; index < 10_000; index++) {
    for (const file of ['AndroidManifest.xml', 'resources.arsc']) {
      many.set(`assets/${index}.apk!/${file}`, apk.get(file)!)
    }
  }
  const startedAt = performance.now()
  const { facts, notChecked } = await readFiles(many)
  assert.ok(performance.now() - startedAt < 3 * bound)
  assert.equal(facts.androidApps[0]?.base.path, 'AndroidManifest.xml')
  assert.equal(facts.androidApps[0]?.manifests.length, 200)
  assert.equal(notChecked.length, 9801)
})

test('a table with half a million chunks of one type is looked up in bounded time', () => {
  const bytes = references([0x7f010001], 500_000)
  within(bound, () => {
    const table = readResourceTable(bytes, 'resources.arsc')
    for (let id = 0x7f010000; id < 0x7f010100; id++) {
      resolveResource([table], { kind: 'reference', id })
      table.nameOf(id)
    }
    table.byName('xml/a')
  })
})

test('messages within messages to any depth, and varints without an end, are read in bounded time', () => {
  let deep = Buffer.from([0x1a, 0x01, 0x61])
  const levels: Buffer[] = []
  for (let depth = 0; depth < 20_000; depth++) {
    levels.push(deep)
    const length = varint(deep.length)
    const node = Buffer.concat([Buffer.from([0x0a]), length, deep])
    deep = Buffer.concat([Buffer.from([0x2a]), varint(node.length), node])
    if (deep.length > 60_000) break
  }
  within(
    bound,
    () => void readProtobufXml(Buffer.concat([Buffer.from([0x0a]), varint(deep.length), deep])),
  )
  within(bound, () => void readProtobufXml(Buffer.alloc(4_000_000, 0xff)))
  within(bound, () => void readProtobufResources(Buffer.alloc(4_000_000, 0x12), 'resources.pb'))
})

for (const [name, text] of [
  ['comments that do not end', '<!--'.repeat(500_000)],
  ['tags that do not end', '<a b="'.repeat(500_000)],
  ['ends of nothing', '</a>'.repeat(500_000)],
  ['elements within elements', '<a>'.repeat(500_000)],
  ['ampersands', `<a b="${'&'.repeat(2_000_000)}"/>`],
  ['spaces', `<paths>${' '.repeat(4_000_000)}</paths>`],
  ['attributes', `<a ${'b="c" '.repeat(300_000)}/>`],
  ['an attribute without its quotes', `<a ${'b='.repeat(1_000_000)}/>`],
  ['an attribute without a value', `<a ${'b'.repeat(2_000_000)}/>`],
] as const) {
  test(`XML of ${name} is read in bounded time`, () => {
    within(bound, () => {
      readTextXml(Buffer.from(text))
      rootNameOf(text.slice(0, 4096))
    })
  })
}

/** A table of references, one type chunk for all of them, repeated. */
function references(ids: readonly number[], copies = 1): Buffer {
  const entries = ids.map((id) => Buffer.concat([words(8, 0), words(0x01000008, id)]))
  const index = words(...ids.map((_, entry) => entry * 16))
  const header = Buffer.concat([words(1, ids.length, 20 + 8 + index.length), words(8, 0)])
  const type = chunk(chunkTypes.tableType, header, Buffer.concat([index, ...entries]))
  const body = Buffer.concat([
    pool(['xml']),
    pool(['a', 'b']),
    ...Array.from({ length: copies }, () => type),
  ])
  const names = Buffer.alloc(256)
  const poolAt = 288
  const keysAt = poolAt + pool(['xml']).length
  const owner = chunk(
    chunkTypes.tablePackage,
    Buffer.concat([words(0x7f), names, words(poolAt, 0, keysAt, 0, 0)]),
    body,
  )
  return chunk(chunkTypes.table, words(1), Buffer.concat([pool([]), owner]))
}

function varint(value: number): Buffer {
  const bytes: number[] = []
  let left = value
  for (; left > 0x7f; left >>>= 7) bytes.push((left & 0x7f) | 0x80)
  return Buffer.from([...bytes, left])
}
