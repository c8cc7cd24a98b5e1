import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { DerError } from '../../src/der/der-error.ts'
import { derTime } from '../../src/der/der-time.ts'
import {
  derBoolean,
  derElement,
  derInteger,
  derOctetString,
  derOid,
  derSequence,
} from '../../src/der/der-writer.ts'
import { tags } from '../../src/der/tag.ts'
import { oids } from '../../src/oids.ts'
import { revocationReasons, type RevocationReason } from '../../src/revocation/revocation-reason.ts'
import {
  encodeRevoked,
  readRevoked,
  type RevokedCertificate,
} from '../../src/revocation/revoked-entries.ts'

const reasons = Object.keys(revocationReasons) as RevocationReason[]
const revokedCertificate: fc.Arbitrary<RevokedCertificate> = fc.record(
  {
    serial: fc.bigInt(0n, 2n ** 160n - 1n).map((serial) => serial.toString(16)),
    revokedAt: fc
      .integer({ min: -631_152_000, max: 253_402_300_799 })
      .map((second) => second * 1_000),
    reason: fc.constantFrom(...reasons),
  },
  { requiredKeys: ['serial', 'revokedAt'], noNullPrototype: true },
)

describe('the entries of a certificate list', () => {
  it('are read as they were written, in whatever portions', () => {
    fc.assert(
      fc.property(fc.array(revokedCertificate), fc.nat(20), (certificates, cut) => {
        const portions = [certificates.slice(0, cut), certificates.slice(cut)]
        const entries = Buffer.concat(portions.map(encodeRevoked))
        assert.deepEqual([...readRevoked(entries)], certificates)
      }),
    )
  })

  it('leave unspecified reasons out (RFC 5280 §5.3.1)', () => {
    const entry = encodeRevoked([{ serial: 'ff', revokedAt: 0 }])
    assert.equal(entry.toString('hex'), '3013020200ff170d3730303130313030303030305a')
  })

  for (const serial of ['', '0f', 'FF', 'x', 'f'.repeat(41)]) {
    it(`are of no serial number '${serial}'`, () => {
      assert.throws(() => encodeRevoked([{ serial, revokedAt: 0 }]), TypeError)
    })
  }

  it('are never read as anything else, whatever the bytes', () => {
    fc.assert(
      fc.property(
        fc.array(revokedCertificate, { minLength: 1 }),
        fc.nat(),
        fc.nat(255),
        (certificates, at, byte) => {
          const entries = encodeRevoked(certificates)
          entries[at % entries.length] = byte
          try {
            const read = [...readRevoked(entries)]
            // What is read is one form alone, but for the reason 0, which may be written out.
            assert.ok(encodeRevoked(read).length <= entries.length)
          } catch (error) {
            assert.ok(error instanceof DerError)
          }
        },
      ),
    )
  })

  const when = derTime(0)
  const withExtensions = (...extensions: Buffer[]) =>
    derSequence(derInteger(1), when, derSequence(...extensions))
  const reason = (number: number) =>
    derSequence(
      derOid(oids.reasonCode),
      derOctetString(derElement(tags.enumerated, Buffer.from([number]))),
    )
  const hostile: readonly [string, Buffer][] = [
    ['a negative serial number', derSequence(derElement(tags.integer, Buffer.from([0x80])), when)],
    ['a serial number of 22 bytes', derSequence(derInteger(Buffer.alloc(22, 1)), when)],
    ['no date', derSequence(derInteger(1))],
    ['something after its end', derSequence(derInteger(1), when, derSequence(reason(1)), when)],
    ['empty extensions', withExtensions()],
    ['the reason removeFromCRL, of deltas', withExtensions(reason(8))],
    ['the reason 7, which is none', withExtensions(reason(7))],
    ['two reasons', withExtensions(reason(1), reason(4))],
    [
      'the critical name of another issuer, of indirect lists',
      withExtensions(
        derSequence(derOid('2.5.29.29'), derBoolean(true), derOctetString(derSequence())),
      ),
    ],
  ]
  for (const [what, entry] of hostile) {
    it(`do not have ${what}`, () => {
      assert.throws(() => [...readRevoked(entry)], DerError)
    })
  }
})
