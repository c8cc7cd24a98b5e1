import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, it } from 'node:test'
import { toBase64url } from '@sallyport/wire'
import { type AppAttestKey, evidenceFormats } from '../../src/index.ts'
import { appId, at, newKey, refusalsOf, trust } from '../apple-app-attest/forged-attestation.ts'
import { noTrust } from '../no-trust.ts'
import { assertReally, isRefused, one, other } from './real-app-attest.ts'

const challenge = randomBytes(32)
const { spki } = newKey()
function appraiseEvidence(
  evidence: { format: string },
  context: { appAttestKey?: AppAttestKey } = {},
) {
  const format = evidenceFormats['apple-app-attest']
  assert.ok(format !== undefined)
  return format.appraise(evidence, {
    challenge,
    spki,
    at,
    trust: { ...noTrust, ...trust },
    policy: {},
    ...context,
  })
}

describe('hostile App Attest assertions are refused, each with its own code', () => {
  it('equal or lower counter', () => {
    for (const counter of [1, 2, 0xffff_ffff]) {
      isRefused(assertReally({ key: { ...one.key, counter } }), 'app_attest_counter_not_risen')
    }
  })

  it('two at once: the second finds the counter of the first', () => {
    const { appAttestKey } = assertReally()
    assert.ok(appAttestKey !== undefined)
    isRefused(assertReally({ key: appAttestKey }), 'app_attest_counter_not_risen')
  })

  it("another device's, under its own key id or under this one's", () => {
    const { assertion } = other
    isRefused(assertReally({ assertion }), 'app_attest_assertion_signature_invalid')
    isRefused(
      assertReally({ assertion, keyId: other.key.keyId }),
      'app_attest_other_key',
      'app_attest_assertion_signature_invalid',
    )
  })

  it('wrong challenge, or another key to be certified', () => {
    isRefused(
      assertReally({ clientData: randomBytes(32) }),
      'app_attest_assertion_signature_invalid',
    )
  })

  it('of another app', () => {
    isRefused(assertReally({ key: { ...one.key, appId } }), 'app_attest_app_mismatch')
    isRefused(assertReally({ policy: { appIds: [appId] } }), 'app_attest_app_mismatch')
  })

  it('of another environment', () => {
    isRefused(
      assertReally({ policy: { environments: ['production'] } }),
      'app_attest_environment_not_allowed',
    )
  })

  it('one bit flipped, anywhere', () => {
    for (let position = 0; position < one.assertion.length; position++) {
      const byte = one.assertion.readUInt8(position) ^ 1
      const assertion = Buffer.from(one.assertion.with(position, byte))
      const result = assertReally({ assertion })
      assert.equal(result.accepted, false, `byte ${position}`)
      assert.equal(result.assurance, 'unattested')
    }
  })

  it('trailing bytes', () => {
    const assertion = Buffer.concat([one.assertion, Buffer.from([0])])
    isRefused(assertReally({ assertion }), 'app_attest_trailing_bytes')
  })

  it('10 MB of CBOR, deep nesting', () => {
    isRefused(assertReally({ assertion: Buffer.alloc(10_485_760) }), 'attestation_too_large')
    isRefused(assertReally({ assertion: Buffer.alloc(4_000, 0x81) }), 'app_attest_nested_too_deep')
  })

  it('claimed as secure-enclave', () => {
    isRefused(assertReally({ minimumAssurance: 'secure-enclave' }), 'attestation_assurance_too_low')
  })
})

describe('App Attest evidence of the device API', () => {
  it('10 MB of CBOR as evidence of the device API', async () => {
    const attestation = 'WgCgAAAA'.repeat(1_747_627)
    const evidence = { format: 'apple-app-attest', keyId: one.key.keyId, attestation }
    isRefused(await appraiseEvidence(evidence), 'attestation_too_large')
  })
})

describe('a device renews with an assertion by its registered key, and enrols with an attestation', () => {
  it('renewal with an attestation, of another key or of its own', async () => {
    const evidence = {
      format: 'apple-app-attest',
      keyId: one.key.keyId,
      attestation: toBase64url(one.attestation),
    }
    for (const appAttestKey of [one.key, other.key]) {
      const result = await appraiseEvidence(evidence, { appAttestKey })
      assert.equal(result.accepted, false)
      assert.ok(refusalsOf(result).includes('app_attest_assertion_required'))
      assert.equal(result.assurance, 'unattested')
      assert.equal(result.appAttestKey, undefined)
    }
  })

  it('enrolment with an assertion', async () => {
    const evidence = {
      format: 'apple-app-attest',
      keyId: one.key.keyId,
      assertion: toBase64url(one.assertion),
    }
    isRefused(await appraiseEvidence(evidence), 'app_attest_attestation_required')
  })
})
