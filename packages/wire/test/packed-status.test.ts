import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  decodePackedStatus,
  encodePackedStatus,
  keyWidths,
  packedTime,
  type PackedSection,
  packKey,
  StatusPacker,
  textKeys,
  unpackKey,
} from '../src/status.ts'
import type { TrustedIssuer } from '../src/gateway-messages.ts'
import { newId } from '../src/id.ts'
import { toBase64url } from '../src/encoding.ts'

const hash = fc.uint8Array({ minLength: 32, maxLength: 32 }).map(toBase64url)
const key = fc.oneof(
  hash,
  fc.constant(0).map(() => newId('device')),
  fc.string({ maxLength: 60 }),
)
const time = fc.integer({ min: 0, max: 2 ** 48 - 2 })
const row = fc.record({
  key,
  kind: fc.constantFrom('device', 'certificate', 'subject'),
  status: fc.constantFrom('revoked', 'suspended', 'ended'),
  until: time,
  issuedUntil: fc.option(time, { nil: undefined }),
})

const head = { epoch: 'epo_a', seq: 7, at: 9, mark: 'm', issuers: [] }
const anyIssuer = (value: unknown) => value as TrustedIssuer

/** What a section says, key by key. */
function rowsOf(section: PackedSection) {
  const { kind, status, form, keys, count, untils, issuedUntils } = section
  const width = keyWidths[form]
  const texts = width === undefined ? textKeys(keys) : []
  return Array.from({ length: count }, (_, index) => {
    const bytes =
      width === undefined ? texts[index] : keys.subarray(index * width, (index + 1) * width)
    const issued = issuedUntils === undefined ? undefined : packedTime(issuedUntils, index)
    return {
      kind,
      status,
      key: unpackKey(form, bytes ?? new Uint8Array()),
      until: packedTime(untils, index),
      issuedUntil: issued === 2 ** 48 - 1 ? undefined : issued,
    }
  })
}

test('whatever is packed is unpacked as it was, each key once, the last word counting', () => {
  fc.assert(
    fc.property(fc.array(row, { maxLength: 50 }), (rows) => {
      const packer = new StatusPacker()
      const expected = new Map<string, (typeof rows)[number]>()
      for (const each of rows) {
        packer.add(each.key, each)
        expected.set(`${each.kind} ${each.status} ${each.key}`, each)
      }
      const bytes = encodePackedStatus({ ...head, sections: packer.sections() })
      const { sections, ...rest } = decodePackedStatus(bytes, anyIssuer)
      assert.deepEqual(rest, head)
      const found = sections.flatMap(rowsOf)
      assert.equal(found.length, expected.size)
      for (const each of found) {
        const name = `${each.kind} ${each.status} ${each.key}`
        assert.deepEqual(each, { ...expected.get(name) })
      }
    }),
  )
})

test('a key has one packed form, and comes back as it was', () => {
  fc.assert(
    fc.property(key, (text) => {
      const { form, bytes } = packKey(text)
      assert.equal(unpackKey(form, bytes), text)
    }),
  )
  assert.equal(packKey(newId('device')).form, 'device')
  assert.equal(packKey('A'.repeat(43)).form, 'hash')
  assert.equal(packKey(`${'A'.repeat(42)}B`).form, 'text', 'bits that no byte is made of')
})

test('a hundred thousand keys come out in order, in any order that they go in', (t) => {
  const packer = new StatusPacker()
  const count = 100_000
  for (let index = 0; index < count; index++) {
    const bytes = crypto.getRandomValues(new Uint8Array(32))
    // A third shares its first bytes: those that are not random.
    if (index % 3 === 0) bytes.fill(0, 0, 28)
    packer.addPacked('hash', bytes, 0, 32, { kind: 'certificate', status: 'revoked', until: index })
  }
  const begun = performance.now()
  const bytes = encodePackedStatus({ ...head, sections: packer.sections() })
  const packedMs = performance.now() - begun
  const { sections } = decodePackedStatus(bytes, anyIssuer)
  t.diagnostic(
    `${bytes.length} bytes, packed in ${packedMs.toFixed()} ms, read in ${(performance.now() - begun - packedMs).toFixed()} ms`,
  )
  assert((sections[0]?.count ?? 0) > count * 0.99)
})

const sample = (() => {
  const packer = new StatusPacker()
  for (const each of ['dev_a', 'dev_b', newId('device'), newId('device'), 'A'.repeat(43)]) {
    packer.add(each, { kind: 'device', status: 'revoked', until: 5, issuedUntil: 3 })
  }
  return encodePackedStatus({ ...head, sections: packer.sections() })
})()

test('cut off or lengthened at any byte it is refused', () => {
  for (let at = 0; at < sample.length; at++) {
    assert.throws(() => decodePackedStatus(sample.subarray(0, at), anyIssuer), RangeError)
  }
  const longer = new Uint8Array(sample.length + 1)
  longer.set(sample)
  assert.throws(() => decodePackedStatus(longer, anyIssuer), RangeError)
})

test('changed at any byte it is refused, or says what can be said', () => {
  let refused = 0
  for (let at = 0; at < sample.length; at++) {
    for (const bit of [0x01, 0x20, 0x80]) {
      const changed = Uint8Array.from(sample)
      changed[at] = (changed[at] ?? 0) ^ bit
      try {
        for (const section of decodePackedStatus(changed, anyIssuer).sections) rowsOf(section)
      } catch (error) {
        assert(error instanceof RangeError || error instanceof TypeError, String(error))
        refused++
      }
    }
  }
  assert(refused > sample.length)
})

test('random bytes, and heads that promise too much, cost nothing', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 2_000 }), (bytes) => {
      assert.throws(() => decodePackedStatus(bytes, anyIssuer), RangeError)
    }),
  )
  for (const section of [
    { kind: 'device', status: 'revoked', form: 'hash', count: 2 ** 40, keyBytes: 2 ** 45 },
    { kind: 'device', status: 'revoked', form: 'hash', count: 2 ** 40, keyBytes: 0 },
    { kind: 'device', status: 'revoked', form: 'text', count: 2 ** 40, keyBytes: 10 },
    { kind: 'device', status: 'revoked', form: 'other', count: 0, keyBytes: 0 },
    { kind: 'device', status: 'revoked', form: 'hash', count: -1, keyBytes: -32 },
    { kind: 'device', status: 'revoked', form: 'hash', count: 1.5, keyBytes: 48 },
  ]) {
    const text = new TextEncoder().encode(JSON.stringify({ ...head, sections: [section] }))
    const bytes = new Uint8Array(8 + text.length)
    const view = new DataView(bytes.buffer)
    view.setUint32(0, 0x53505331)
    view.setUint32(4, text.length)
    bytes.set(text, 8)
    assert.throws(() => decodePackedStatus(bytes, anyIssuer), RangeError)
  }
})
