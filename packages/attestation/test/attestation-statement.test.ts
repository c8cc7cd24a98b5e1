import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type CborValue, writeCbor } from '@sallyport/virtual-device'
import fc from 'fast-check'
import { readAttestationStatement } from '../src/attestation-statement.ts'

const objectOf = (members: readonly [string, CborValue][]) => writeCbor(new Map(members))
const statement = (members: readonly [string, CborValue][]): CborValue => new Map(members)
const der = Buffer.from([0x30, 0x00])

test('a WebAuthn attestation object is evidence of the format of ours', () => {
  for (const [fmt, format] of [
    ['apple', 'apple-mda'],
    ['android-key', 'android-key'],
  ] as const) {
    const attStmt = statement([
      ['alg', -7],
      ['sig', der],
      ['x5c', [der, der]],
    ])
    const read = readAttestationStatement(
      objectOf([
        ['fmt', fmt],
        ['attStmt', attStmt],
      ]),
    )
    assert.deepEqual(read, { format, chain: ['MAA', 'MAA'] })
  }
})

const hostile: Readonly<Record<string, Uint8Array>> = {
  nothing: Buffer.alloc(0),
  'no map': writeCbor(['fmt']),
  'no statement': objectOf([['fmt', 'apple']]),
  'a format that ACME does not carry': objectOf([
    ['fmt', 'packed'],
    ['attStmt', statement([['x5c', [der]]])],
  ]),
  'a chain of nothing': objectOf([
    ['fmt', 'apple'],
    ['attStmt', statement([['x5c', []]])],
  ]),
  'a chain of texts': objectOf([
    ['fmt', 'apple'],
    ['attStmt', statement([['x5c', ['MAA']]])],
  ]),
  'a long chain': objectOf([
    ['fmt', 'apple'],
    ['attStmt', statement([['x5c', Array.from({ length: 11 }, () => der)]])],
  ]),
  'more behind it': Buffer.concat([
    objectOf([
      ['fmt', 'apple'],
      ['attStmt', statement([['x5c', [der]]])],
    ]),
    der,
  ]),
  'too large': Buffer.alloc(40_000),
  'nested deep': Buffer.alloc(30_000, 0x81),
}
for (const [name, bytes] of Object.entries(hostile)) {
  test(`${name} is told as a fault`, () => {
    const read = readAttestationStatement(bytes)
    assert.ok(!('format' in read) && read.expected !== '', JSON.stringify(read))
  })
}

test('any bytes are evidence or a fault', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
      const read = readAttestationStatement(bytes)
      assert.ok('format' in read || typeof read.expected === 'string')
    }),
  )
})
