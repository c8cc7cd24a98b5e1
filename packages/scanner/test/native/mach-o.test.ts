import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { MachO } from '../../src/native/mach-o/mach-o.ts'
import { machOReader } from '../../src/native/mach-o/mach-o.ts'
import { memberOf, textOf, truthOf } from '../../src/plist/plist-value.ts'
import { type Collected, fixture, placesOf, readWith } from '../collect.ts'
import { commandAt, encrypted, fatOf, signed } from './make-mach-o.ts'

const program = fixture('mach-o/bank-arm64')
const texts = {
  constant: '-----BEGIN PRIVATE KEY-----\nnot a key\n-----END PRIVATE KEY-----\n',
  bytes: 'constant-bytes-0123456789',
  writable: 'written-later-0123',
  cfString: 'narrow-secret-0123456789',
}
const wideText = 'weites-Geheimnis-ß-秘-0123'

const read = async (bytes: Buffer): Promise<Collected & { readonly machOs: readonly MachO[] }> => {
  const collected = await readWith(machOReader, bytes, 'Payload/Bank.app/Bank')
  return { ...collected, machOs: collected.facts.machOs }
}

test('constants, data and strings of the Foundation are found where they lie', async () => {
  assert.ok(machOReader.takes(program, 'Bank'))
  const { regions, notChecked } = await read(program)
  for (const text of Object.values(texts)) {
    assert.deepEqual(placesOf(text, regions), [program.indexOf(text)], text)
  }
  assert.deepEqual(placesOf(wideText, regions), [program.indexOf(wideText, 0, 'utf16le')])
  assert.deepEqual(notChecked, [])
})

test('imports, selectors and libraries are told, as far as anybody asks', async () => {
  const { machOs } = await read(program)
  const [{ traces, libraries, isEncrypted, architecture, signature }] = machOs as [MachO]
  assert.deepEqual([...traces.import.keys()].sort(), [
    '_NSFileProtectionNone',
    '_kSecAttrAccessibleAlways',
  ])
  assert.deepEqual([...traces.selector.keys()].sort(), [
    'URLSession:didReceiveChallenge:completionHandler:',
    'credentialForTrust:',
    'setAllowsAnyHTTPSCertificate:forHost:',
  ])
  for (const kind of ['import', 'selector'] as const) {
    for (const [name, at] of traces[kind]) {
      assert.equal(program.toString('latin1', at, at + name.length + 1), `${name}\0`)
    }
  }
  assert.deepEqual(libraries, ['/usr/lib/libSystem.B.dylib'])
  assert.equal(isEncrypted, false)
  assert.equal(architecture, 'arm64')
  // As the linker signs it.
  assert.deepEqual(signature, { isAdHoc: true, identifier: 'bank-arm64', entitlements: [] })
})

test('imports are found in the symbol table where nothing else names them, and definitions are none', async () => {
  const bytes = Buffer.from(program)
  const dyldInfo = commandAt(bytes, 0x22)
  bytes.fill(0, dyldInfo + 8, dyldInfo + 48)
  assert.ok((await read(bytes)).machOs[0]?.traces.import.has('_kSecAttrAccessibleAlways'))
  const symbols = commandAt(bytes, 0x02)
  for (let index = 0; index < bytes.readUInt32LE(symbols + 12); index++) {
    bytes[bytes.readUInt32LE(symbols + 8) + index * 16 + 4] = 0x0f
  }
  assert.equal((await read(bytes)).machOs[0]?.traces.import.size, 0)
})

test('each architecture of a fat file is read, and each place is one of the whole file', async () => {
  const bytes = fatOf([program, signed(program, { xml: { 'get-task-allow': true } })])
  assert.ok(machOReader.takes(bytes, 'Bank'))
  const { regions, machOs } = await read(bytes)
  const first = bytes.indexOf(texts.cfString)
  assert.deepEqual(placesOf(texts.cfString, regions), [
    first,
    bytes.indexOf(texts.cfString, first + 1),
  ])
  assert.deepEqual(
    machOs.map(({ offset }) => offset),
    [16_384, 16_384 + 81_920],
  )
})

test('headers that name the same bytes many times cost them once', async () => {
  const sections = 4000
  const head = Buffer.alloc(32 + 72 + sections * 80)
  program.copy(head, 0, 0, 16)
  head.writeUInt32LE(1, 16)
  head.writeUInt32LE(0x19, 32)
  head.writeUInt32LE(head.length - 32, 36)
  head.writeUInt32LE(sections, 32 + 64)
  const bytes = Buffer.concat([head, Buffer.alloc(8 * 1024 ** 2, 'secret text ')])
  for (let at = 104; at < head.length; at += 80) {
    bytes.write('__objc_methname', at)
    bytes.write('__DATA', at + 16)
    bytes.writeBigUInt64LE(8n * 1024n ** 2n, at + 40)
    bytes.writeUInt32LE(head.length, at + 48)
  }
  const began = performance.now()
  assert.equal((await read(bytes)).machOs.length, 1)
  for (let at = 104; at < head.length; at += 80) bytes.write('__data\0', at)
  const { regions } = await read(bytes)
  assert.ok(regions.reduce((sum, { text }) => sum + text.length, 0) < bytes.length * 1.01)
  assert.ok(performance.now() - began < 3000)
})

test('architectures that lie in one another are read once', async () => {
  const bytes = fatOf([program, program])
  bytes.writeUInt32BE(16_384 + 4096, 8 + 20 + 8)
  const { machOs, notChecked } = await read(bytes)
  assert.equal(machOs.length, 1)
  assert.match(notChecked[0]?.why ?? '', /architecture 2 lies in another one/)
})

test('a static library among the architectures is looked through', async () => {
  const library = Buffer.alloc(16_384, '!<arch>\nstatic-secret-0123456789\0')
  const { regions, machOs, notChecked } = await read(fatOf([program, library]))
  assert.equal(machOs.length, 1)
  assert.equal(placesOf('static-secret-0123456789', regions)[0], 16_384 + 81_920 + 8)
  assert.deepEqual(notChecked, [])
})

test('a class of Java is no fat file', () => {
  assert.ok(!machOReader.takes(Buffer.from(`cafebabe00000034${'00'.repeat(64)}`, 'hex'), 'A.class'))
})

test('what the App Store encrypted is told of, and not read', async () => {
  const { regions, notChecked, machOs } = await read(encrypted(program))
  assert.equal(notChecked.length, 1)
  assert.match(notChecked[0]?.why ?? '', /^arm64: encrypted for the App Store \(cryptid 1\)/)
  assert.equal(machOs[0]?.isEncrypted, true)
  assert.deepEqual(placesOf(texts.cfString, regions), [])
  assert.deepEqual(placesOf(texts.writable, regions), [program.indexOf(texts.writable)])
})

test('entitlements are read from both forms', async () => {
  const given = {
    'get-task-allow': true,
    'application-identifier': 'TEAM123456.a',
    groups: ['a', 'b'],
  }
  for (const form of ['xml', 'der'] as const) {
    const { machOs, notChecked } = await read(signed(program, { [form]: given }))
    const { signature } = machOs[0]!
    assert.equal(signature?.identifier, 'com.example.bank')
    assert.equal(signature?.teamId, 'TEAM123456')
    const [entitlements] = signature?.entitlements ?? []
    assert.equal(truthOf(memberOf(entitlements, 'get-task-allow')), true, form)
    assert.equal(textOf(memberOf(entitlements, 'application-identifier')), 'TEAM123456.a')
    assert.equal(memberOf(entitlements, 'groups')?.type, 'array')
    assert.deepEqual(notChecked, [])
  }
})

test('a signature that is damaged costs a line', async () => {
  const bytes = signed(program, { xml: { a: true } })
  const at = bytes.readUInt32LE(commandAt(bytes, 0x1d) + 8)
  for (const [field, value, why] of [
    [at, 0, /unknown kind/],
    [at + 24, 0xffff_fff0, /a field/],
  ] as const) {
    const damaged = Buffer.from(bytes)
    damaged.writeUInt32BE(value, field)
    const { notChecked, regions } = await read(damaged)
    assert.match(notChecked[0]?.why ?? '', why)
    assert.equal(placesOf(texts.cfString, regions).length, 1)
  }
})

test('bytes that were changed are read, or refused in words', async () => {
  const whole = fatOf([signed(program, { xml: { a: true }, der: { a: true } })])
  const head = 16_384
  const tail = whole.indexOf('fade0cc0', 0, 'hex')
  const at = fc.oneof(
    fc.nat(40),
    fc.integer({ min: head, max: head + 3000 }),
    fc.integer({ min: tail, max: tail + 600 }),
  )
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(at, fc.nat(255)), { minLength: 1, maxLength: 6 }),
      fc.oneof(fc.constant(whole.length), fc.integer({ min: 28, max: whole.length })),
      async (changes, length) => {
        const bytes = Buffer.from(whole)
        for (const [place, value] of changes) bytes[place] = value
        const { notChecked } = await read(bytes.subarray(0, length)).catch((error: Error) => {
          assert.equal(error.name, 'EntryFault')
          return { notChecked: [] }
        })
        for (const { why } of notChecked) assert.match(why, /^[A-Za-z0-9]/)
      },
    ),
    { numRuns: 500 },
  )
})
