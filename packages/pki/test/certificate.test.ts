import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import { isProblem } from '@sallyport/problem'
import fc from 'fast-check'
import { maxCertificateBytes, parseCertificate } from '../src/certificate.ts'
import {
  derContext,
  derContextPrimitive,
  derElement,
  derInteger,
  derNull,
  derOctetString,
  derOid,
  derSequence,
} from '../src/der/der-writer.ts'
import { tags } from '../src/der/tag.ts'
import { oids } from '../src/oids.ts'
import { generateKey, signingKeyOf } from '../src/signing-key.ts'
import {
  ecdsaSha256,
  extension,
  extensionField,
  type ForgedParts,
  forge,
  leafExtensions,
  uriName,
  wholeDevice,
} from './forge.ts'
import { processorTime } from './processor-time.ts'
import { type TestCa, testDevice, testDeviceCa, testRoot } from './test-authority.ts'

const utcTime = (text: string) => derElement(tags.utcTime, Buffer.from(text))

describe('parsing a certificate', () => {
  let ca: TestCa
  let spki: Buffer

  before(async () => {
    ca = await testDeviceCa(await testRoot())
    spki = signingKeyOf(await generateKey('ec-p256')).spki
  })

  const withExtensions = (changes: Readonly<Record<string, Buffer | null>>) => ({
    rest: extensionField(...leafExtensions(ca.certificate, spki, changes)),
  })
  const parse = (parts: Partial<ForgedParts> = {}) => parseCertificate(forge(ca, spki, parts))

  it('reads everything that a device certificate says', async () => {
    const now = Date.parse('2026-11-21T12:00:00Z')
    const { certificate, deviceId } = await testDevice(ca, { now })
    const parsed = parseCertificate(certificate.der)
    assert.match(parsed.serial, /^[1-9a-f][0-9a-f]{0,31}$/)
    assert.equal(parsed.notBefore, now - 300_000)
    assert.equal(parsed.notAfter, now + 7 * 86_400_000)
    assert.equal(parsed.signatureAlgorithm, '1.2.840.10045.4.3.2')
    assert.equal(parsed.keyKind, 'ec-p256')
    assert.deepEqual(parsed.uris, [`spiffe://example.com/app/wallet/device/${deviceId}`])
    assert.equal(parsed.otherNames, 0)
    assert.deepEqual(parsed.policies, [oids.assurancePolicies.tee])
    assert.equal(parsed.authorityKeyId, ca.certificate.subjectKeyId)
    assert.equal(parsed.thumbprint.length, 43)
  })

  it('keeps a copy of the bytes, not the bytes of the caller', () => {
    const der = forge(ca, spki)
    const parsed = parseCertificate(der)
    const { thumbprint } = parsed
    der.fill(0)
    assert.equal(parseCertificate(parsed.der).thumbprint, thumbprint)
  })

  it('accepts the certificate that the tests below break', () => {
    assert.equal(parse().uris[0], wholeDevice)
  })

  it('takes NULL parameters of a signature algorithm for absent ones', () => {
    const algorithm = derSequence(derOid('1.2.840.10045.4.3.2'), derNull())
    assert.equal(parse({ innerAlgorithm: algorithm }).signatureAlgorithm, '1.2.840.10045.4.3.2')
  })

  it('reads an explicit FALSE, which DER leaves out and CAs write', () => {
    const explicit = derSequence(
      derOid(oids.basicConstraints),
      Buffer.from('010100', 'hex'),
      derOctetString(Buffer.from('3003010100', 'hex')),
    )
    assert.equal(parse(withExtensions({ basicConstraints: explicit })).isCa, false)
  })

  it('reads a certificate without extensions', () => {
    const parsed = parse({ rest: Buffer.alloc(0) })
    assert.equal(parsed.keyUsage, undefined)
    assert.equal(parsed.extendedKeyUsage, undefined)
    assert.equal(parsed.isCa, false)
  })

  it('tells the size of keys that it does not accept', async () => {
    const weak = signingKeyOf(await generateKey('rsa-2048')).spki
    assert.equal(parse({ spki: weak }).keyKind, 'rsa-2048')
    assert.equal(
      parse({
        spki: derSequence(derSequence(derOid('1.3.101.112')), Buffer.from('0302000a', 'hex')),
      }).keyDescription,
      'algorithm 1.3.101.112',
    )
  })

  const emptyUri = () => extension(oids.subjectAlternativeName, derSequence(uriName('a\nb')), true)
  const broken: readonly [why: string, build: () => Partial<ForgedParts>, found: RegExp][] = [
    ['version 1', () => ({ version: Buffer.alloc(0) }), /version 3/],
    ['version 2', () => ({ version: derContext(0, derInteger(1)) }), /version 3/],
    ['a negative serial', () => ({ serial: Buffer.from('0201ff', 'hex') }), /serialNumber/],
    ['a serial of 21 bytes', () => ({ serial: derInteger(Buffer.alloc(21, 1)) }), /serialNumber/],
    [
      'a serial that is padded',
      () => ({ serial: Buffer.from('02020001', 'hex') }),
      /shortest form/,
    ],
    [
      'two signature algorithms',
      () => ({ outerAlgorithm: derSequence(derOid('1.2.840.10045.4.3.3')) }),
      /differ/,
    ],
    [
      'parameters of ECDSA',
      () => ({ innerAlgorithm: derSequence(derOid('1.2.840.10045.4.3.2'), derInteger(1)) }),
      /follows its end/,
    ],
    [
      'a date of no calendar',
      () => ({ validity: derSequence(utcTime('260230000000Z'), utcTime('270101000000Z')) }),
      /notBefore/,
    ],
    ['one date', () => ({ validity: derSequence(utcTime('260101000000Z')) }), /notAfter missing/],
    [
      'a third date',
      () => ({
        validity: derSequence(
          utcTime('260101000000Z'),
          utcTime('270101000000Z'),
          utcTime('280101000000Z'),
        ),
      }),
      /validity/,
    ],
    ['something after the signature', () => ({ trailer: derNull() }), /follows its end/],
    [
      'an extension twice',
      () => ({
        rest: extensionField(
          ...leafExtensions(ca.certificate, spki),
          extension(oids.keyUsage, Buffer.from('03020780', 'hex')),
        ),
      }),
      /2\.5\.29\.15 is there twice/,
    ],
    ['an empty list of extensions', () => ({ rest: extensionField() }), /extensions: empty/],
    [
      'something after the extensions',
      () => ({
        rest: Buffer.concat([extensionField(...leafExtensions(ca.certificate, spki)), derNull()]),
      }),
      /follows its end/,
    ],
    [
      'a critical flag of 01',
      () =>
        withExtensions({
          more: derSequence(
            derOid('1.2.3'),
            Buffer.from('010101', 'hex'),
            derOctetString(Buffer.alloc(0)),
          ),
        }),
      /BOOLEAN/,
    ],
    [
      'an unknown key usage',
      () =>
        withExtensions({ keyUsage: extension(oids.keyUsage, Buffer.from('0303050020', 'hex')) }),
      /unknown bit/,
    ],
    [
      'no extended key usage in the list',
      () => withExtensions({ extendedKeyUsage: extension(oids.extendedKeyUsage, derSequence()) }),
      /extKeyUsage missing/,
    ],
    [
      'no name in the list',
      () => withExtensions({ names: extension(oids.subjectAlternativeName, derSequence()) }),
      /subjectAltName missing/,
    ],
    [
      'a name that is none',
      () =>
        withExtensions({
          names: extension(
            oids.subjectAlternativeName,
            derSequence(derContextPrimitive(9, Buffer.alloc(1))),
          ),
        }),
      /not a GeneralName/,
    ],
    ['a line break in the URI', () => withExtensions({ names: emptyUri() }), /printable ASCII/],
    [
      'a NUL in the URI',
      () =>
        withExtensions({
          names: extension(oids.subjectAlternativeName, derSequence(uriName('spiffe://a\0b'))),
        }),
      /printable ASCII/,
    ],
    [
      'a policy twice',
      () =>
        withExtensions({
          policies: extension(
            oids.certificatePolicies,
            derSequence(derSequence(derOid('1.2.3')), derSequence(derOid('1.2.3'))),
          ),
        }),
      /policy 1\.2\.3 is there twice/,
    ],
    [
      'something after an extension value',
      () =>
        withExtensions({ keyUsage: extension(oids.keyUsage, Buffer.from('030207800500', 'hex')) }),
      /follows its end/,
    ],
    [
      'a path length of 256',
      () =>
        withExtensions({
          basicConstraints: extension(
            oids.basicConstraints,
            Buffer.from('30070101ff02020100', 'hex'),
          ),
        }),
      /pathLenConstraint/,
    ],
    [
      'a compressed point',
      () => ({
        spki: derSequence(
          Buffer.from(spki.subarray(2, 23)),
          Buffer.from(`03220002${'11'.repeat(32)}`, 'hex'),
        ),
      }),
      /uncompressed/,
    ],
    [
      'an attribute without a value in the name',
      () => ({ subject: derSequence(derElement(tags.set, derSequence(derOid(oids.commonName)))) }),
      /subject missing/,
    ],
  ]
  for (const [why, build, found] of broken) {
    it(`refuses ${why}`, () => {
      assert.throws(
        () => parse(build()),
        (error) =>
          isProblem(error) &&
          error.code === 'certificate_malformed' &&
          found.test(error.found ?? ''),
      )
    })
  }

  it('refuses bytes after the certificate', () => {
    const der = Buffer.concat([forge(ca, spki), Buffer.alloc(1)])
    assert.throws(() => parseCertificate(der), { code: 'certificate_malformed' })
  })

  it('refuses more than 16 KiB without reading it', () => {
    const huge = Buffer.alloc(100 * 1024 * 1024)
    const spentMs = processorTime()
    assert.throws(() => parseCertificate(huge), { code: 'certificate_malformed' })
    assert.ok(spentMs() < 100)
    assert.throws(() => parseCertificate(Buffer.alloc(maxCertificateBytes + 1)), /too large/)
  })

  it('calls a caller who hands over no bytes to order', () => {
    // @ts-expect-error a string is no certificate
    assert.throws(() => parseCertificate('MIIB'), TypeError)
  })

  it('says so when the point of the key does not lie on its curve, once it is asked for', () => {
    const off = Buffer.from(spki)
    off.fill(0x55, off.length - 32)
    const parsed = parse({ spki: off })
    assert.throws(() => parsed.publicKey, { code: 'certificate_malformed' })
  })

  describe('whatever it is given', () => {
    const answers = (bytes: Uint8Array) => {
      const spentMs = processorTime()
      try {
        parseCertificate(bytes)
      } catch (error) {
        assert.ok(isProblem(error) && error.code === 'certificate_malformed', String(error))
      }
      assert.ok(spentMs() < 250)
    }

    it('answers with a certificate or certificate_malformed for random bytes', () => {
      fc.assert(fc.property(fc.uint8Array({ maxLength: 2_000 }), answers), { numRuns: 2_000 })
    })

    it('does so for certificates with bytes changed, put in and taken out', async () => {
      const { certificate } = await testDevice(ca, { predecessors: [ca.certificate.thumbprint] })
      const der = certificate.der
      const change = fc.record({
        at: fc.nat({ max: der.length - 1 }),
        remove: fc.nat({ max: 4 }),
        insert: fc.uint8Array({ maxLength: 4 }),
      })
      fc.assert(
        fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
          let bytes: Buffer = der
          for (const { at, remove, insert } of changes) {
            bytes = Buffer.concat([bytes.subarray(0, at), insert, bytes.subarray(at + remove)])
          }
          answers(bytes)
        }),
        { numRuns: 5_000 },
      )
    })

    it('does so for every single bit of a certificate flipped', async () => {
      const { certificate } = await testDevice(ca)
      for (let bit = 0; bit < certificate.der.length * 8; bit++) {
        const bytes = Buffer.from(certificate.der)
        bytes.writeUInt8(bytes.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3)
        answers(bytes)
      }
    })

    it('stays fast for 16 KiB of the smallest extensions', () => {
      const many = Array.from({ length: 1_000 }, (_, index) =>
        extension(`1.3.${index}`, Buffer.alloc(0)),
      )
      answers(forge(ca, spki, { rest: extensionField(...many), innerAlgorithm: ecdsaSha256 }))
    })

    it('stays fast for 16 KiB of nested sequences in a name', () => {
      let nested: Buffer = derSequence()
      while (nested.length < 15_000) nested = derSequence(nested)
      answers(forge(ca, spki, { subject: nested }))
    })
  })
})
