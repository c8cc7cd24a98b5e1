import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import fc from 'fast-check'
import { type Problem, isProblem } from '@sallyport/problem'
import { extension, forgeList } from './forge-list.ts'
import { derBoolean, derInteger, derNull, derSequence } from '../../src/der/der-writer.ts'
import { oids } from '../../src/oids.ts'
import { buildCertificateList } from '../../src/revocation/build-certificate-list.ts'
import { isListOf, parseCertificateList } from '../../src/revocation/certificate-list.ts'
import { encodeIssuingDistributionPoint } from '../../src/revocation/distribution-point.ts'
import { encodeRevoked } from '../../src/revocation/revoked-entries.ts'
import { processorTime } from '../processor-time.ts'
import { issuerOf, type TestCa, testDeviceCa, testRoot } from '../test-authority.ts'

const at = Date.UTC(2026, 10, 22)
const address = 'http://status.example.com/crl/1/0.crl'

describe('a certificate list', () => {
  let ca: TestCa
  let other: TestCa

  before(async () => {
    const root = await testRoot()
    ca = await testDeviceCa(root)
    other = await testDeviceCa(root)
  })

  const build = (changes: Partial<Parameters<typeof buildCertificateList>[1]> = {}) =>
    buildCertificateList(issuerOf(ca), {
      number: 7,
      thisUpdate: at,
      nextUpdate: at + 3_600_000,
      entries: encodeRevoked([
        { serial: '1', revokedAt: at - 1_000 },
        { serial: 'abc', revokedAt: at - 2_000, reason: 'keyCompromise' },
      ]),
      ...changes,
    })

  it('is read as it was built', async () => {
    const list = parseCertificateList(await build())
    assert.equal(list.number, 7)
    assert.equal(list.thisUpdate, at)
    assert.equal(list.nextUpdate, at + 3_600_000)
    assert.equal(list.authorityKeyId, ca.certificate.subjectKeyId)
    assert.equal(list.scope, undefined)
    assert.deepEqual([...list.revoked.keys()], ['1', 'abc'])
    assert.equal(list.revoked.get('1')?.reason, undefined)
    assert.equal(list.revoked.get('abc')?.reason, 'keyCompromise')
  })

  it('is of the CA that signed it, and of no other of its name', async () => {
    const list = parseCertificateList(await build())
    assert.equal(isListOf(list, ca.certificate), true)
    assert.equal(isListOf(list, other.certificate), false)
  })

  it('of a shard says so in a critical extension, with all of its addresses', async () => {
    const addresses = [address, 'http://old.example.com/crl/1/0.crl']
    const list = parseCertificateList(
      await build({ scope: { addresses, onlyUserCertificates: true } }),
    )
    assert.deepEqual(list.scope, { addresses, onlyUserCertificates: true })
  })

  it('without anything revoked has no list of entries at all', async () => {
    const list = parseCertificateList(await build({ entries: Buffer.alloc(0) }))
    assert.equal(list.revoked.size, 0)
  })

  it('is never signed over what is no entry', async () => {
    const entries = Buffer.concat([encodeRevoked([{ serial: '1', revokedAt: at }]), derNull()])
    await assert.rejects(build({ entries }), { name: 'DerError' })
    await assert.rejects(build({ nextUpdate: at }), TypeError)
  })

  it('of 100,000 entries never holds the event loop for long', async () => {
    const entries = encodeRevoked(
      Array.from({ length: 100_000 }, (_, index) => ({
        serial: (2n ** 120n + BigInt(index)).toString(16),
        revokedAt: at,
        reason: 'superseded' as const,
      })),
    )
    let longestMs = 0
    let spentMs = processorTime()
    const watch = setInterval(() => {
      longestMs = Math.max(longestMs, spentMs())
      spentMs = processorTime()
    }, 1)
    const list = await build({ entries })
    clearInterval(watch)
    assert.ok(list.length > 4_000_000)
    // Some 10 ms on one quiet core: what is asserted is that it was not done in one piece.
    assert.ok(longestMs < 150, `held for ${longestMs} ms`)
  })

  const malformed = (der: Uint8Array, found: RegExp) =>
    assert.throws(
      () => parseCertificateList(der),
      (error: Problem) => {
        assert.equal(error.code, 'certificate_list_malformed')
        assert.match(error.found ?? '', found)
        return true
      },
    )
  const number = extension(oids.crlNumber, derInteger(1))

  it('is refused where it is not what it should be', async () => {
    malformed(Buffer.alloc(0), /CertificateList missing/)
    malformed(Buffer.concat([await build(), Buffer.alloc(1)]), /something follows/)
    malformed(forgeList(ca, { version: derInteger(0) }), /version 2/)
    malformed(forgeList(ca, { version: Buffer.alloc(0) }), /version 2: expected integer/)
    malformed(forgeList(ca, { nextUpdate: Buffer.alloc(0) }), /nextUpdate: expected/)
    malformed(forgeList(ca, { revoked: derSequence() }), /revokedCertificates: empty/)
    malformed(forgeList(ca, { extensions: [] }), /extensions: empty/)
    malformed(forgeList(ca, { extensions: [number, number] }), /twice/)
    const twice = encodeRevoked([
      { serial: '1', revokedAt: at },
      { serial: '1', revokedAt: at, reason: 'superseded' },
    ])
    malformed(forgeList(ca, { revoked: derSequence(twice) }), /serial number 1 is there twice/)
  })

  it('is refused where it is no complete list of all certificates of an address', () => {
    const scope = (value: Buffer) => extension(oids.issuingDistributionPoint, value, true)
    const delta = extension('2.5.29.27', derInteger(1), true)
    malformed(forgeList(ca, { extensions: [number, delta] }), /critical extension 2\.5\.29\.27/)
    malformed(forgeList(ca, { extensions: [delta] }), /critical extension/)
    malformed(
      forgeList(ca, { extensions: [extension('2.5.29.46', derNull())] }),
      /cRLNumber missing/,
    )
    // onlyContainsCACerts, onlySomeReasons, indirectCRL, onlyContainsAttributeCerts
    for (const member of ['8201ff', '83020780', '8401ff', '8501ff']) {
      const value = derSequence(Buffer.from(member, 'hex'))
      malformed(forgeList(ca, { extensions: [number, scope(value)] }), /not understood/)
    }
    const usual = encodeIssuingDistributionPoint({
      addresses: [address],
      onlyUserCertificates: true,
    })
    const more = derSequence(usual.subarray(2), derBoolean(true))
    malformed(forgeList(ca, { extensions: [number, scope(more)] }), /not understood/)
  })

  it('is refused over its bound, before anything of it is read', async () => {
    const der = await build()
    assert.throws(() => parseCertificateList(der, der.length - 1), /too large/)
    assert.equal(parseCertificateList(der, der.length).number, 7)
  })

  it('with any byte changed is refused, or is not signed by its CA', async () => {
    const der = await build({ scope: { addresses: [address], onlyUserCertificates: true } })
    fc.assert(
      fc.property(fc.nat(der.length - 1), fc.integer({ min: 1, max: 255 }), (index, change) => {
        const changed = Buffer.from(der)
        changed[index] = (changed[index] ?? 0) ^ change
        try {
          assert.equal(isListOf(parseCertificateList(changed), ca.certificate), false)
        } catch (error) {
          if (!isProblem(error)) throw error
          assert.equal(error.code, 'certificate_list_malformed')
        }
      }),
      { numRuns: 500 },
    )
  })
})
