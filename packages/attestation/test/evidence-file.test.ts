import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { isProblem } from '@sallyport/problem'
import fc from 'fast-check'
import { maxEvidenceFileBytes, readEvidenceFile } from '../src/evidence-file.ts'

const first = Buffer.from('30820102030405', 'hex')
const second = Buffer.from('3003020101', 'hex')
/** A map with one member. */
const cbor = Buffer.from('a163666d746f6170706c652d617070617474657374', 'hex')

const read = (text: string | Uint8Array) =>
  readEvidenceFile(typeof text === 'string' ? Buffer.from(text) : text)
const pem = (base64: string): string =>
  `-----BEGIN CERTIFICATE-----\n${base64}\n-----END CERTIFICATE-----\n`

describe('evidence in a file', () => {
  test('is a PEM chain in its order, whatever stands around the blocks', () => {
    const text = `Bag Attributes: a phone\r\n${pem(first.toString('base64'))}\njunk\0\n${pem(second.toString('base64'))}`
    assert.deepEqual(read(text), { kind: 'chain', chain: [first, second] })
  })

  test('is a JSON array of base64 DER, of either alphabet', () => {
    const bytes = Buffer.from('30fbff', 'hex')
    for (const alphabet of ['base64', 'base64url'] as const) {
      const text = ` \n${JSON.stringify([bytes.toString(alphabet), second.toString(alphabet)])}`
      assert.deepEqual(read(text), { kind: 'chain', chain: [bytes, second] })
    }
  })

  test('is CBOR, binary or as base64 with line breaks', () => {
    assert.deepEqual(read(cbor), { kind: 'cbor', cbor })
    const lines = cbor.toString('base64').replace(/.{8}/g, '$&\n')
    assert.deepEqual(read(`\ufeff${lines}`), { kind: 'cbor', cbor })
  })

  test('is a compact token of three or five parts', () => {
    for (const token of ['e30.e30.AA', 'e30.AA.AA.AA.AA', 'e30..AA.AA.AA']) {
      assert.deepEqual(read(`${token}\n`), { kind: 'token', token })
    }
  })

  test('is evidence as the device API takes it, with its format', () => {
    const chain = [first.toString('base64url'), second.toString('base64url')]
    assert.deepEqual(read(JSON.stringify({ format: 'android-key', chain })), {
      format: 'android-key',
      kind: 'chain',
      chain: [first, second],
    })
    for (const member of ['attestation', 'assertion']) {
      const message = {
        format: 'apple-app-attest',
        keyId: 'AA==',
        [member]: cbor.toString('base64url'),
      }
      assert.deepEqual(read(JSON.stringify(message)), {
        format: 'apple-app-attest',
        kind: 'cbor',
        cbor,
        keyId: 'AA==',
      })
    }
    assert.deepEqual(read('{"format":"play-integrity","token":"e30.e30.AA"}'), {
      format: 'play-integrity',
      kind: 'token',
      token: 'e30.e30.AA',
    })
  })
})

test('evidence that the authority kept is read without what it answered', () => {
  const evidence = { format: 'play-integrity', token: 'e30.e30.AA' }
  const kept = JSON.stringify({ challenge: 'AA', spki: 'AA', evidence })
  assert.deepEqual(read(kept), { format: 'play-integrity', kind: 'token', token: 'e30.e30.AA' })
})

describe('hostile files', () => {
  const refuses = (bytes: string | Uint8Array, code: string): void => {
    assert.throws(
      () => read(bytes),
      (error) => isProblem(error) && error.code === code,
    )
  }

  for (const [what, text] of [
    ['an empty file', ''],
    ['white space', ' \n\t'],
    ['words', 'Hello, this is no evidence.'],
    ['a NUL byte in base64', 'o2Nm\0bXQ='],
    ['a NUL byte in a certificate', pem('MIIB\0AAA')],
    ['a certificate of junk', pem('MIIB!AAA')],
    ['a certificate of nothing', pem('')],
    ['a certificate that does not end', '-----BEGIN CERTIFICATE-----\nMIIB\n'],
    ['a second certificate that does not end', `${pem('MIIB')}-----BEGIN CERTIFICATE-----\nMIIB`],
    ['JSON that does not end', '["MIIB"'],
    ['nested arrays', '[["MIIB"]]'],
    ['nested arrays of any depth', '['.repeat(500_000) + ']'.repeat(500_000)],
    ['an array of numbers', '[1, 2]'],
    ['an array with a certificate of nothing', '["MIIB", ""]'],
    ['an object that names no format', '{"chain": ["MIIB"]}'],
    ['an object with a format alone', '{"format": "android-key"}'],
    ['evidence in evidence', '{"evidence": {"evidence": {"format": "play-integrity"}}}'],
    ['an object with a chain of objects', '{"format": "android-key", "chain": [{}]}'],
    ['an object with a token of words', '{"format": "play-integrity", "token": "no token"}'],
    ['base64 of DER', first.toString('base64')],
    ['DER', first],
    ['a token of four parts', 'e30.e30.AA.AA'],
  ] as const) {
    test(`${what} is malformed`, () => refuses(text, 'attestation_malformed'))
  }

  test('10 MB of base64 are too large, and so is one byte above the limit', () => {
    refuses('A'.repeat(10_000_000), 'attestation_too_large')
    refuses(new Uint8Array(maxEvidenceFileBytes + 1), 'attestation_too_large')
  })

  test('more certificates than any chain has are too large', () => {
    refuses(JSON.stringify(Array.from({ length: 33 }, () => 'MIIB')), 'attestation_too_large')
    refuses(pem('MIIB').repeat(33), 'attestation_too_large')
  })

  test('a file of any bytes is read, or refused with a code', () => {
    const pieces = fc.constantFrom(
      '-----BEGIN CERTIFICATE-----',
      '-----END CERTIFICATE-----',
      '[',
      ']',
      '{',
      '"',
      ',',
      '"format":',
      '"chain":',
      'MIIB',
      '.',
      '\n',
      '\0',
      '=',
      '\ufeff',
    )
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 2_000 }),
      fc.array(pieces, { maxLength: 40 }).map((parts) => Buffer.from(parts.join(''))),
      fc.json().map((text) => Buffer.from(text)),
    )
    fc.assert(
      fc.property(bytes, (input) => {
        try {
          return ['chain', 'cbor', 'token'].includes(readEvidenceFile(input).kind)
        } catch (error) {
          return isProblem(error) && error.code.startsWith('attestation_')
        }
      }),
      { numRuns: 2_000 },
    )
  })

  test('time grows with the size of a file, not with its square', () => {
    for (const piece of ['A', '=', ' ', '\n', 'A.', '-', '-----BEGIN CERTIFICATE-----', '[']) {
      const text = piece.repeat(Math.floor(maxEvidenceFileBytes / piece.length))
      const before = process.cpuUsage()
      try {
        readEvidenceFile(Buffer.from(text))
      } catch (error) {
        assert.ok(isProblem(error))
      }
      const { user, system } = process.cpuUsage(before)
      assert.ok(user + system < 1_000_000, `${JSON.stringify(piece)}: ${user + system} µs`)
    }
  })
})
