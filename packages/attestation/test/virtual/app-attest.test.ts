import assert from 'node:assert/strict'
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { test } from 'node:test'
import type { ReasonCode } from '@sallyport/problem'
import {
  appAssertion,
  type AppAttestHostility,
  appAttestation,
  appAttestationEvidence,
  appAttestHostilities,
  defaultIosPhone,
  makeAppAttestKey,
  makeDevelopmentRoot,
  makeReceipt,
} from '@sallyport/virtual-device'
import { enrollmentProofBase } from '@sallyport/wire'
import {
  type AppAttestKey,
  type AppAttestPolicy,
  appraiseAppAttestation,
  appraiseAssertion,
  evidenceFormats,
  readReceipt,
} from '../../src/index.ts'
import { refusalsOf, virtualTrust } from './virtual-trust.ts'

const root = makeDevelopmentRoot()
const trust = virtualTrust(root)
const key = makeAppAttestKey()
const { keyId, spki } = key
const challenge = randomBytes(32)
const tlsKey = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey
const tlsSpki = tlsKey.export({ format: 'der', type: 'spki' })
const clientData = enrollmentProofBase(challenge, tlsSpki)
const { appId } = defaultIosPhone
const policy: AppAttestPolicy = {
  appIds: [appId],
  environments: ['production'],
  validationCategories: [4],
}
const registered: AppAttestKey = { keyId, spki, counter: 4, environment: 'production', appId }

type Options = { hostility?: AppAttestHostility; phone?: { osVersion: string } }

function attest(options: Options = {}) {
  const attestation = appAttestation({ root, key, clientData, ...options })
  const at = Date.now()
  return appraiseAppAttestation({ attestation, keyId, clientData, at, trust, policy })
}

function assertWith(options: Options = {}) {
  const assertion = appAssertion({ key, clientData, counter: 5, ...options })
  return appraiseAssertion({ assertion, clientData, key: registered, keyId, policy })
}

for (const osVersion of ['18.2', '26.1', '27.0', '27.1']) {
  test(`an honest iPhone with iOS ${osVersion} attests its key and asserts with it`, () => {
    const attested = attest({ phone: { osVersion } })
    assert.deepEqual(refusalsOf(attested), [])
    assert.equal(attested.assurance, 'app-attested')
    assert.equal(attested.development, true)
    assert.equal(attested.facts.osVersion, osVersion)
    assert.equal(attested.appAttestKey?.keyId, keyId)
    assert.equal(attested.appAttestKey?.counter, 0)
    assert.ok(attested.appAttestKey?.receipt !== undefined)
    const asserted = assertWith({ phone: { osVersion } })
    assert.deepEqual(refusalsOf(asserted), [])
    assert.equal(asserted.appAttestKey?.counter, 5)
  })
}

test('the format reads what the device API carries', async () => {
  const evidence = appAttestationEvidence({ root, key, clientData })
  const at = Date.now()
  const context = { challenge, spki: tlsSpki, at, trust, policy: { apple: policy } }
  const result = await evidenceFormats['apple-app-attest']?.appraise(evidence, context)
  assert.deepEqual(result === undefined ? ['no format'] : refusalsOf(result), [])
})

/** By hostility, the code that an attestation is refused with; none: it is honest there. */
const attestationRefusals: Readonly<Partial<Record<AppAttestHostility, ReasonCode>>> = {
  'other-app': 'app_attest_app_mismatch',
  'other-environment': 'app_attest_environment_not_allowed',
  'not-from-the-store': 'app_attest_validation_category_not_allowed',
  'other-client-data': 'app_attest_nonce_mismatch',
  'counter-not-zero': 'app_attest_counter_not_zero',
  'other-credential-id': 'app_attest_credential_id_mismatch',
  'short-credential-id': 'app_attest_credential_id_mismatch',
  'unknown-environment': 'app_attest_environment_unknown',
  'other-nonce': 'app_attest_nonce_mismatch',
  'own-root': 'attestation_signature_invalid',
  'expired-certificate': 'attestation_certificate_expired',
  'trailing-bytes': 'app_attest_trailing_bytes',
  'trailing-authenticator-data': 'app_attest_trailing_bytes',
  'cut-short': 'attestation_malformed',
  'huge-cbor': 'attestation_too_large',
  'deep-cbor': 'app_attest_nested_too_deep',
}

/** The same of an assertion. */
const assertionRefusals: Readonly<Partial<Record<AppAttestHostility, ReasonCode>>> = {
  'other-app': 'app_attest_app_mismatch',
  'not-from-the-store': 'app_attest_validation_category_not_allowed',
  'other-client-data': 'app_attest_assertion_signature_invalid',
  'other-key': 'app_attest_assertion_signature_invalid',
  'equal-counter': 'app_attest_counter_not_risen',
  'counter-rollback': 'app_attest_counter_not_risen',
  'other-nonce': 'app_attest_assertion_signature_invalid',
  'trailing-bytes': 'app_attest_trailing_bytes',
  'trailing-authenticator-data': 'app_attest_trailing_bytes',
  'cut-short': 'attestation_malformed',
  'huge-cbor': 'attestation_too_large',
  'deep-cbor': 'attestation_too_large',
}

for (const hostility of Object.keys(appAttestHostilities) as AppAttestHostility[]) {
  test(`${hostility}: refused with its own code, in attestation, assertion or both`, () => {
    const expected = [attestationRefusals[hostility], assertionRefusals[hostility]]
    assert.ok(expected.some((code) => code !== undefined))
    for (const [index, result] of [attest({ hostility }), assertWith({ hostility })].entries()) {
      const code = expected[index]
      const found = refusalsOf(result)
      if (code === undefined) assert.deepEqual(found, [])
      else assert.ok(found.includes(code), found.join(' '))
      assert.equal(result.accepted, code === undefined)
    }
  })
}

test('a receipt that a refresh gave is verified, and its metric read', () => {
  const receipt = makeReceipt({
    root,
    appId,
    environment: 'production',
    attestedCertificate: root.certificate.der,
    clientDataHash: randomBytes(32),
    at: Date.now(),
    type: 'RECEIPT',
    riskMetric: 7,
  })
  const result = readReceipt(receipt, { anchors: trust.appAttestReceipts.anchors, appId })
  assert.equal(result.accepted, true)
  assert.equal(result.fields?.riskMetric, 7)
})
