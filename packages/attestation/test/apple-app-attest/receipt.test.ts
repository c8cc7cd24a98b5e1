import assert from 'node:assert/strict'
import { generateKeyPairSync, sign } from 'node:crypto'
import { describe, it } from 'node:test'
import {
  derContext,
  derElement,
  derInteger,
  derNull,
  derOctetString,
  derOid,
  derSequence,
  parseCertificate,
  tags,
} from '@sallyport/pki'
import {
  type DevelopmentRoot,
  makeDevelopmentRoot,
  writeCertificate,
  writeExtension,
  writeName,
} from '@sallyport/virtual-device'
import { readReceiptFields } from '../../src/apple-app-attest/receipt-fields.ts'
import { appAttestEntries, appIdOf, spkiOf } from '../fixtures.ts'
import { leastCpuMilliseconds } from '../cpu-time.ts'
import { builtInRoots, readReceipt } from '../../src/index.ts'
import {
  appId,
  at,
  authorityExtensions,
  newKey,
  receiptOf,
  refusalsOf,
  root,
  trust,
} from './forged-attestation.ts'

const { anchors } = trust.appAttestReceipts
const key = newKey()
const dates = { notBefore: at - 1_000, notAfter: at + 1_000 }
const attested = writeCertificate({
  signer: root,
  subject: writeName({ commonName: 'attested' }),
  spki: key.spki,
  ...dates,
})

const field = (type: number, value: string | Buffer) =>
  derSequence(derInteger(type), derInteger(1), derOctetString(Buffer.from(value)))
const moment = (milliseconds: number) => new Date(milliseconds).toISOString()
const usual = () => [
  field(2, appId),
  field(3, attested),
  field(6, 'ATTEST'),
  field(12, moment(at)),
  field(21, moment(at + 90_000)),
]
const contentOf = (...fields: Buffer[]) => derElement(tags.set, ...fields)

type SignedParts = {
  content: Buffer
  contentType: string
  root: DevelopmentRoot
  /** Of the signer's certificate. */
  extensions: readonly Buffer[]
  dates: { notBefore: number; notAfter: number }
  isIssuedByCa: boolean
  certificates: (own: Buffer, ca: Buffer) => readonly Buffer[]
}

const receiptSigner = writeExtension('1.2.840.113635.100.12.15', derNull())

/** CMS as Apple's, each part to be replaced. */
function forgeReceipt(parts: Partial<SignedParts> = {}): Buffer {
  const issuer = parts.root ?? root
  const [authority, signer] = [0, 1].map(() => generateKeyPairSync('ec', { namedCurve: 'P-256' }))
  const spki = (pair: typeof authority) => pair!.publicKey.export({ format: 'der', type: 'spki' })
  const name = writeName({ commonName: 'receipt CA' })
  const ca = writeCertificate({
    signer: issuer,
    subject: name,
    spki: spki(authority),
    extensions: (parts.isIssuedByCa ?? true) ? authorityExtensions : [],
    notBefore: at - 86_400_000,
    notAfter: at + 86_400_000,
  })
  const own = writeCertificate({
    signer: { name, key: authority!.privateKey },
    subject: writeName({ commonName: 'receipt signer' }),
    spki: spki(signer),
    serial: Buffer.from([1]),
    extensions: parts.extensions ?? [receiptSigner],
    ...(parts.dates ?? dates),
  })
  const content = parts.content ?? contentOf(...usual())
  const sha256 = derSequence(derOid('2.16.840.1.101.3.4.2.1'), derNull())
  const signerInfo = derSequence(
    derInteger(1),
    derSequence(name, derInteger(1)),
    sha256,
    derSequence(derOid('1.2.840.10045.4.3.2')),
    derOctetString(sign('sha256', content, signer!.privateKey)),
  )
  const signedData = derSequence(
    derInteger(1),
    derElement(tags.set, sha256),
    derSequence(
      derOid(parts.contentType ?? '1.2.840.113549.1.7.1'),
      derContext(0, derOctetString(content)),
    ),
    derContext(0, ...(parts.certificates?.(own, ca) ?? [own, ca])),
    derElement(tags.set, signerInfo),
  )
  return derSequence(derOid('1.2.840.113549.1.7.2'), derContext(0, signedData))
}

const refusals = (parts: Partial<SignedParts>, demands = {}) =>
  refusalsOf(readReceipt(forgeReceipt(parts), { anchors, ...demands }))

describe('an App Attest receipt', () => {
  it('is accepted where Apple signed it for this app and key', () => {
    assert.deepEqual(refusals({}, { appId, spki: key.spki, fresh: { at, maxAgeMs: 0 } }), [])
  })

  it('may have its certificates in any order, with the root or without, and others besides', () => {
    const other = writeCertificate({
      signer: root,
      subject: writeName({ commonName: 'other' }),
      spki: newKey().spki,
      ...dates,
    })
    const orders: readonly SignedParts['certificates'][] = [
      (own, ca) => [ca, own],
      (own, ca) => [root.certificate.der, ca, own],
      (own, ca) => [other, own, ca],
    ]
    for (const certificates of orders) assert.deepEqual(refusals({ certificates }), [])
  })

  it('of another app is refused', () => {
    assert.deepEqual(refusals({}, { appId: 'ZZZZZ99999.com.example.other' }), [
      'app_attest_receipt_app_mismatch',
    ])
  })

  it('for another key is refused', () => {
    const { spki } = newKey()
    assert.deepEqual(refusals({}, { spki }), ['app_attest_receipt_key_mismatch'])
  })

  it('that is older than asked for is refused', () => {
    const fresh = { at: at + 300_001, maxAgeMs: 300_000 }
    assert.deepEqual(refusals({}, { fresh }), ['app_attest_receipt_too_old'])
  })

  it('under another root, also of the same name, is refused', () => {
    const codes = refusals({ root: makeDevelopmentRoot() })
    assert.deepEqual(codes, ['attestation_signature_invalid'])
    const foreign = { anchors: builtInRoots.appAttestReceipts }
    assert.deepEqual(refusalsOf(readReceipt(forgeReceipt(), foreign)), [
      'attestation_root_untrusted',
    ])
  })

  it('signed with a certificate that is not for receipts is refused', () => {
    assert.deepEqual(refusals({ extensions: [] }), ['app_attest_receipt_signer_unknown'])
    const ca = [...authorityExtensions, receiptSigner]
    assert.deepEqual(refusals({ extensions: ca }), ['app_attest_receipt_signer_unknown'])
    assert.deepEqual(refusals({ isIssuedByCa: false }), ['app_attest_receipt_signer_unknown'])
  })

  it('whose certificates were not valid when it was made is refused, and whether they are now is no matter', () => {
    const past = { notBefore: at - 10_000, notAfter: at - 5_000 }
    assert.deepEqual(refusals({ dates: past }), ['attestation_certificate_expired'])
    const ofThen = at - 7_000
    const fields = usual().with(3, field(12, moment(ofThen)))
    assert.deepEqual(refusals({ content: contentOf(...fields), dates: past }), [])
  })

  it('whose content was changed is refused', () => {
    const receipt = forgeReceipt()
    const position = receipt.indexOf(appId)
    receipt.write('Z', position)
    assert.deepEqual(refusalsOf(readReceipt(receipt, { anchors })), [
      'app_attest_receipt_signature_invalid',
    ])
  })

  it('of another type of content is refused: its signature would need signed attributes', () => {
    assert.deepEqual(refusals({ contentType: '1.2.840.113549.1.9.16.1.4' }), [
      'app_attest_receipt_signature_invalid',
    ])
  })

  it("without its signer's certificate is refused", () => {
    const certificates = (_own: Buffer, ca: Buffer) => [ca]
    assert.deepEqual(refusals({ certificates }), ['app_attest_receipt_malformed'])
  })

  it('of more than 16 KiB is refused unread', () => {
    const result = readReceipt(Buffer.alloc(16_385), { anchors })
    assert.deepEqual(refusalsOf(result), ['attestation_too_large'])
    assert.equal(result.fields, undefined)
  })

  it('that nests deep, or is made of nothing but ends, costs less than 50 ms of CPU', () => {
    for (const bytes of ['2480', '3080', '0500', '0000', '3000', 'a080']) {
      const receipt = Buffer.from(bytes.repeat(8_192), 'hex')
      const inside = Buffer.concat([Buffer.from('30823ffc', 'hex'), receipt.subarray(4)])
      for (const hostile of [receipt, inside]) {
        assert.deepEqual(refusalsOf(readReceipt(hostile, { anchors })), [
          'app_attest_receipt_malformed',
        ])
        const ms = leastCpuMilliseconds(() => readReceipt(hostile, { anchors }))
        assert.ok(ms < 50, `${bytes}: ${ms} ms`)
      }
    }
  })

  it('of a real phone is refused for the key of another', () => {
    const receipts = appAttestEntries.filter((entry) => entry.type === 'receipt')
    const [first] = receipts
    const second = receipts.find(({ publicKey }) => publicKey !== first?.publicKey)
    assert.ok(first?.type === 'receipt' && second !== undefined)
    const result = readReceipt(Buffer.from(first.receiptBase64, 'base64'), {
      anchors: builtInRoots.appAttestReceipts,
      appId: appIdOf(first),
      spki: spkiOf(second),
    })
    assert.deepEqual(refusalsOf(result), ['app_attest_receipt_key_mismatch'])
  })

  it('that a virtual phone brings is accepted', () => {
    const result = readReceipt(receiptOf(attested), { anchors, appId, spki: key.spki })
    assert.deepEqual(refusalsOf(result), [])
  })
})

describe('the fields of a receipt', () => {
  it('are read in any order, unknown ones passed over', () => {
    const fields = readReceiptFields(
      contentOf(
        field(99, 'later'),
        ...usual().toReversed(),
        field(17, '3'),
        field(19, moment(at + 1_000)),
        field(7, 'sandbox'),
      ),
    )
    assert.equal(fields.appId, appId)
    assert.equal(fields.riskMetric, 3)
    assert.equal(fields.notBefore, at + 1_000)
    assert.equal(fields.environment, 'sandbox')
    assert.equal(fields.creationTime, at)
    assert.equal(fields.expirationTime, at + 90_000)
    assert.deepEqual(fields.certificate.der, parseCertificate(attested).der)
  })

  it('that are empty are not there', () => {
    const fields = readReceiptFields(contentOf(...usual(), field(17, ''), field(19, ' ')))
    assert.equal(fields.riskMetric, undefined)
    assert.equal(fields.notBefore, undefined)
  })

  it('are refused where one is missing, there twice or no such value', () => {
    for (let missing = 0; missing < usual().length; missing++) {
      assert.throws(() => readReceiptFields(contentOf(...usual().toSpliced(missing, 1))), /missing/)
    }
    for (const [fields, reason] of [
      [[...usual(), field(2, appId)], /twice/],
      [[...usual(), field(17, '-1')], /number/],
      [[...usual(), field(17, '1e3')], /number/],
      [[...usual(), field(19, 'tomorrow')], /RFC 3339/],
      [[...usual(), field(19, '2020-13-01T00:00:00Z')], /RFC 3339/],
      [usual().with(1, field(3, 'no certificate')), /certificate/],
      [usual().with(0, field(2, Buffer.from([0xff]))), /UTF-8/],
      [Array.from({ length: 65 }, (_, type) => field(100 + type, '')), /too many/],
    ] as const) {
      assert.throws(() => readReceiptFields(contentOf(...fields)), reason)
    }
  })
})
