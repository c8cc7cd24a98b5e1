import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { platforms } from '@sallyport/wire'
import fc from 'fast-check'
import { DerError } from '../src/der/der-error.ts'
import { derGeneralizedTime } from '../src/der/der-time.ts'
import {
  derContext,
  derInteger,
  derOctetString,
  derSequence,
  derUtf8,
} from '../src/der/der-writer.ts'
import {
  decodeFacts,
  decodePredecessors,
  encodeFacts,
  encodePredecessors,
} from '../src/device-extensions.ts'

const facts = fc.record(
  {
    platform: fc.constantFrom(...platforms),
    appVersion: fc.stringMatching(/^[0-9A-Za-z.+_-]{1,40}$/),
    osPatchLevel: fc.stringMatching(/^[0-9A-Za-z.-]{1,20}$/),
    appraisedAt: fc.nat({ max: 4_000_000_000 }).map((seconds) => seconds * 1_000),
    enrolledAt: fc.nat({ max: 4_000_000_000 }).map((seconds) => seconds * 1_000),
  },
  { requiredKeys: ['platform', 'appVersion', 'appraisedAt'], noNullPrototype: true },
)

describe('the facts of a device', () => {
  it('are read back as they were written', () => {
    fc.assert(
      fc.property(facts, (written) => assert.deepEqual(decodeFacts(encodeFacts(written)), written)),
    )
  })
  it('are read or refused with DerError, whatever the bytes', () => {
    const encoded = encodeFacts({
      platform: 'ios',
      appVersion: '1',
      osPatchLevel: '27.1',
      appraisedAt: 0,
    })
    const position = fc.nat({ max: encoded.length - 1 })
    fc.assert(
      fc.property(position, fc.nat({ max: 255 }), (at, byte) => {
        const bytes = Buffer.from(encoded)
        bytes.writeUInt8(byte, at)
        try {
          decodeFacts(bytes)
        } catch (error) {
          assert.ok(error instanceof DerError)
        }
      }),
    )
  })
  it('of another version or platform are refused', () => {
    const of = (version: number, platform: string) =>
      derSequence(derInteger(version), derUtf8(platform), derUtf8('1'), derGeneralizedTime(0))
    assert.equal(decodeFacts(of(1, 'ios')).platform, 'ios')
    assert.throws(() => decodeFacts(of(2, 'ios')), DerError)
    assert.throws(() => decodeFacts(of(1, 'symbian')), DerError)
  })
  for (const appVersion of ['', 'x'.repeat(41), '1"; admin', '1\r\nX: y', '１']) {
    it(`are neither written nor read with the version ${JSON.stringify(appVersion).slice(0, 20)}`, () => {
      assert.throws(() => encodeFacts({ platform: 'ios', appVersion, appraisedAt: 0 }), TypeError)
      const written = derSequence(
        derInteger(1),
        derUtf8('ios'),
        derUtf8(appVersion),
        derGeneralizedTime(0),
      )
      assert.throws(() => decodeFacts(written), DerError)
    })
  }
  it('are refused with something beside the patch level in its wrapper', () => {
    const written = (...more: Buffer[]) =>
      derSequence(
        derInteger(1),
        derUtf8('ios'),
        derUtf8('1'),
        derContext(0, derUtf8('27.1'), ...more),
        derGeneralizedTime(0),
      )
    assert.equal(decodeFacts(written()).osPatchLevel, '27.1')
    assert.throws(() => decodeFacts(written(derUtf8('x'))), DerError)
  })
})

describe('the predecessors of a certificate', () => {
  it('are read back as they were written', () => {
    const digest = fc.uint8Array({ minLength: 32, maxLength: 32 })
    fc.assert(
      fc.property(fc.array(digest, { maxLength: 4 }), (digests) => {
        const thumbprints = digests.map((bytes) => Buffer.from(bytes).toString('base64url'))
        assert.deepEqual(decodePredecessors(encodePredecessors(thumbprints)), thumbprints)
      }),
    )
  })
  it('of another length than SHA-256 are refused', () => {
    assert.throws(() => decodePredecessors(derSequence(derOctetString(Buffer.alloc(20)))), DerError)
  })
})
