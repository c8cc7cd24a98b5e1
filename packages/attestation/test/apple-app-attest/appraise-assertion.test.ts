import assert from 'node:assert/strict'
import { generateKeyPairSync, sign } from 'node:crypto'
import { describe, it } from 'node:test'
import { writeCbor } from '@sallyport/virtual-device'
import { type AppAttestKey, appraiseAssertion } from '../../src/index.ts'
import { appId, clientData, keyIdOf, newKey, refusalsOf, sha256 } from './forged-attestation.ts'

const pair = newKey()
const key: AppAttestKey = {
  keyId: keyIdOf(pair),
  spki: pair.spki,
  counter: 6,
  environment: 'production',
  appId,
}

type Parts = { flags?: number; counter?: number; appended?: Buffer; isHashedOnce?: boolean }

function assertion({ flags = 0x40, counter = 7, appended, isHashedOnce }: Parts = {}): Buffer {
  const head = Buffer.alloc(5)
  head.writeUInt8(flags)
  head.writeUInt32BE(counter, 1)
  const authenticatorData = Buffer.concat([sha256(appId), head, appended ?? Buffer.alloc(0)])
  const signed = Buffer.concat([authenticatorData, sha256(clientData)])
  const signature = sign('sha256', isHashedOnce === true ? signed : sha256(signed), pair.privateKey)
  return writeCbor(new Map(Object.entries({ signature, authenticatorData })))
}

type Options = Partial<Parameters<typeof appraiseAssertion>[0]>
const appraise = (parts: Parts = {}, options: Options = {}) =>
  appraiseAssertion({ assertion: assertion(parts), clientData, key, policy: {}, ...options })

const ofIos27 = (category: number) =>
  writeCbor(
    new Map<string, string | Buffer>([
      ['apple_bundle_version_01', '1284'],
      ['apple_validation_category_01', Buffer.from([category, 0, 0, 0])],
    ]),
  )

describe('appraising an App Attest assertion', () => {
  it('gives the key with its new counter, and everything else of it as it was', () => {
    const receipt = Buffer.from('receipt')
    const result = appraise({ counter: 9 }, { key: { ...key, receipt } })
    assert.deepEqual(refusalsOf(result), [])
    assert.equal(result.assurance, 'app-attested')
    assert.deepEqual(result.appAttestKey, { ...key, receipt, counter: 9 })
  })

  it('takes a counter that has reached its end', () => {
    assert.equal(appraise({ counter: 0xffff_ffff }).appAttestKey?.counter, 0xffff_ffff)
  })

  it('takes what iOS 27 appends, with AT and ED set, one of them or neither', () => {
    for (const flags of [0x00, 0x40, 0x80, 0xc0]) {
      const result = appraise({ flags, appended: ofIos27(4) })
      assert.deepEqual(refusalsOf(result), [])
      const { authenticatorData } = result.claims as { authenticatorData: object }
      assert.deepEqual(authenticatorData, {
        ...authenticatorData,
        flags,
        validationCategory: '4 (App Store)',
        bundleVersion: '1284',
      })
    }
  })

  it('asks of it what the policy asks of the app', () => {
    const policy = { validationCategories: [4], minimumBundleVersion: '1285' }
    assert.deepEqual(refusalsOf(appraise({ appended: ofIos27(3) }, { policy })), [
      'app_attest_validation_category_not_allowed',
      'app_attest_bundle_version_too_low',
    ])
    assert.deepEqual(refusalsOf(appraise({}, { policy })), [])
  })

  it('refuses attested credential data, which assertions do not have', () => {
    const appended = Buffer.concat([Buffer.from('appattestdevelop'), Buffer.from([0, 0])])
    assert.deepEqual(refusalsOf(appraise({ appended })), ['app_attest_trailing_bytes'])
  })

  it('refuses a signature over what the nonce is made of: the nonce is what is signed', () => {
    assert.deepEqual(refusalsOf(appraise({ isHashedOnce: true })), [
      'app_attest_assertion_signature_invalid',
    ])
  })

  it('refuses a signature that is none', () => {
    const authenticatorData = Buffer.concat([sha256(appId), Buffer.from([0x40, 0, 0, 0, 7])])
    for (const signature of [Buffer.alloc(0), Buffer.alloc(64, 1), Buffer.from('3000', 'hex')]) {
      const none = writeCbor(new Map(Object.entries({ signature, authenticatorData })))
      assert.deepEqual(refusalsOf(appraise({}, { assertion: none })), [
        'app_attest_assertion_signature_invalid',
      ])
    }
  })

  it('is by no key of another kind, whatever it is', () => {
    for (const { publicKey } of [
      generateKeyPairSync('ed25519'),
      generateKeyPairSync('ec', { namedCurve: 'P-384' }),
      generateKeyPairSync('rsa', { modulusLength: 2_048 }),
    ]) {
      const spki = publicKey.export({ format: 'der', type: 'spki' })
      const result = appraise({}, { key: { ...key, spki } })
      assert.deepEqual(refusalsOf(result), ['app_attest_assertion_signature_invalid'])
    }
  })

  it('proves nothing without client data, and gives no key', () => {
    const result = appraiseAssertion({ assertion: assertion(), key, policy: {} })
    assert.equal(result.accepted, true)
    assert.equal(result.assurance, 'unattested')
    assert.equal(result.appAttestKey, undefined)
  })

  it('refuses what is no assertion', () => {
    for (const hex of ['', 'a0', '80', 'f6', 'a1697369676e617475726540']) {
      const none = Buffer.from(hex, 'hex')
      assert.deepEqual(refusalsOf(appraise({}, { assertion: none })), ['attestation_malformed'])
    }
  })
})
