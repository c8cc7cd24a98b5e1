import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { writeCbor, writeCertificate } from '@sallyport/virtual-device'
import type { AttestationResult } from '../../src/index.ts'
import {
  appId,
  appraiseForged,
  authority,
  authorityExtensions,
  clientData,
  keyIdOf,
  newKey,
  refusalsOf,
  root,
} from './forged-attestation.ts'

const checkOf = ({ checks }: AttestationResult, name: string) =>
  checks.find((check) => check.name === name)
const appended = (category: number, bundleVersion: string) =>
  writeCbor(
    new Map<string, string | Buffer>([
      ['apple_bundle_version_01', bundleVersion],
      ['apple_validation_category_01', Buffer.from([category, 0, 0, 0])],
    ]),
  )

describe('appraising an App Attest attestation', () => {
  it('gives the key that assertions are to come from, and the receipt', () => {
    const key = newKey()
    const result = appraiseForged({ key }, { keyId: keyIdOf(key) })
    assert.deepEqual(refusalsOf(result), [])
    const { receipt, ...registered } = result.appAttestKey ?? {}
    assert.deepEqual(registered, {
      keyId: keyIdOf(key),
      spki: key.spki,
      counter: 0,
      environment: 'production',
      appId,
    })
    assert.ok(receipt !== undefined)
  })

  it('says that it ends at a development root', () => {
    assert.equal(appraiseForged().development, true)
  })

  it('passes every check that was asked for, and lists the others as unchecked', () => {
    const { checks } = appraiseForged()
    const unasked = checks.filter(({ outcome }) => outcome === 'unchecked').map(({ name }) => name)
    assert.deepEqual(unasked, ['registeredKey', 'keyId', 'validationCategory', 'bundleVersion'])
    const passed = checks.filter(({ outcome }) => outcome === 'passed')
    assert.equal(passed.length, checks.length - unasked.length)
  })

  it('asks for nothing of the app where the policy does not, and still proves the key', () => {
    const result = appraiseForged({}, { policy: {} })
    assert.equal(result.accepted, true)
    assert.equal(checkOf(result, 'appId')?.outcome, 'unchecked')
    assert.equal(checkOf(result, 'environmentAllowed')?.outcome, 'unchecked')
  })

  it('gives no key to register where nobody says which app it is of', () => {
    assert.equal(appraiseForged({}, { policy: {} }).appAttestKey, undefined)
  })

  it('takes each of several apps and environments', () => {
    const policy = {
      appIds: ['ABCDE12345.com.example.other', appId],
      environments: ['development', 'production'] as const,
    }
    assert.equal(appraiseForged({}, { policy }).appAttestKey?.appId, appId)
  })

  it('takes a chain with its root, whatever the dates of that', () => {
    const expired = writeCertificate({
      signer: root,
      subject: root.name,
      spki: root.certificate.spki,
      extensions: authorityExtensions,
      notBefore: 0,
      notAfter: 86_400_000,
    })
    for (const der of [root.certificate.der, expired]) {
      const result = appraiseForged({ chain: (leaf) => [leaf, authority.der, der] })
      assert.deepEqual(refusalsOf(result), [])
    }
  })

  it('tells what iOS 27 appends, with the flag ED and without', () => {
    for (const flags of [0x40, 0xc0]) {
      const result = appraiseForged({ flags, appended: appended(4, '1284') })
      assert.deepEqual(refusalsOf(result), [])
      const { authenticatorData } = result.claims as { authenticatorData: object }
      assert.deepEqual(authenticatorData, {
        ...authenticatorData,
        validationCategory: '4 (App Store)',
        bundleVersion: '1284',
        appended: {
          apple_bundle_version_01: '1284',
          apple_validation_category_01: '04000000',
        },
      })
    }
  })

  it('keeps what else is appended among the claims', () => {
    const more = new Map<string, string | Buffer | number[]>([
      ['apple_future_01', [1, 2]],
      ['__proto__', 'x'],
    ])
    const result = appraiseForged({ appended: writeCbor(more) })
    assert.deepEqual(refusalsOf(result), [])
    const claims = JSON.parse(JSON.stringify(result.claims)) as {
      authenticatorData: { appended: unknown }
    }
    const expected = JSON.parse('{"apple_future_01":[1,2],"__proto__":"x"}') as unknown
    assert.deepEqual(claims.authenticatorData.appended, expected)
  })

  it('refuses a validation category that the policy does not name, where the phone tells one', () => {
    const policy = { validationCategories: [2, 4] }
    assert.deepEqual(refusalsOf(appraiseForged({ appended: appended(4, '1') }, { policy })), [])
    const refused = appraiseForged({ appended: appended(3, '1') }, { policy })
    assert.deepEqual(refusalsOf(refused), ['app_attest_validation_category_not_allowed'])
    assert.equal(refused.assurance, 'app-attested')
    assert.deepEqual(checkOf(refused, 'validationCategory'), {
      name: 'validationCategory',
      outcome: 'failed',
      code: 'app_attest_validation_category_not_allowed',
      expected: '2 (TestFlight) or 4 (App Store), where it is told',
      found: '3 (development)',
    })
    assert.equal(
      checkOf(appraiseForged({}, { policy }), 'validationCategory')?.outcome,
      'unchecked',
    )
  })

  it('refuses a bundle version below the one of the policy, where the phone tells one', () => {
    const policy = { minimumBundleVersion: '1284' }
    assert.deepEqual(refusalsOf(appraiseForged({ appended: appended(4, '1284') }, { policy })), [])
    const refused = appraiseForged({ appended: appended(4, '999') }, { policy })
    assert.deepEqual(refusalsOf(refused), ['app_attest_bundle_version_too_low'])
    assert.equal(checkOf(appraiseForged({}, { policy }), 'bundleVersion')?.outcome, 'unchecked')
  })

  it('lists the checks that were not reached where the object cannot be read', () => {
    const { checks, accepted, claims } = appraiseForged({}, { attestation: Buffer.from([0xa0]) })
    assert.equal(accepted, false)
    assert.equal(checks[0]?.code, 'attestation_malformed')
    assert.ok(checks.length > 10)
    assert.ok(checks.slice(1).every(({ found }) => found === 'not reached'))
    assert.deepEqual(claims, {})
  })

  it('has claims that JSON can tell', () => {
    const { claims } = appraiseForged({ appended: appended(4, '1') }, { clientData })
    assert.deepEqual(JSON.parse(JSON.stringify(claims)), claims)
  })
})
