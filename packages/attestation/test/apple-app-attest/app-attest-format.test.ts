import assert from 'node:assert/strict'
import { sign } from 'node:crypto'
import { describe, it } from 'node:test'
import { writeCbor } from '@sallyport/virtual-device'
import { enrollmentProofBase, type Evidence, toBase64url } from '@sallyport/wire'
import { appAttestFormat } from '../../src/apple-app-attest/app-attest-format.ts'
import type { AppAttestKey, AppraisalContext } from '../../src/index.ts'
import { noTrust } from '../no-trust.ts'
import {
  appId,
  at,
  forgeAttestation,
  keyIdOf,
  newKey,
  refusalsOf,
  sha256,
  trust,
} from './forged-attestation.ts'

const key = newKey()
const keyId = keyIdOf(key)
const challenge = sha256('challenge')
const { spki } = newKey()
const clientData = enrollmentProofBase(challenge, spki)
const context: AppraisalContext = {
  challenge,
  spki,
  at,
  trust: { ...noTrust, ...trust },
  policy: {
    minimumAssurance: 'app-attested',
    apple: { appIds: [appId], environments: ['production'] },
  },
}
const registered: AppAttestKey = {
  keyId,
  spki: key.spki,
  counter: 4,
  environment: 'production',
  appId,
}

const attestation = toBase64url(forgeAttestation({ key, clientData }))
const enrolment = { format: 'apple-app-attest', keyId, attestation }

function assertionOver(data: Uint8Array, counter: number): string {
  const head = Buffer.alloc(5)
  head.writeUInt8(0x40)
  head.writeUInt32BE(counter, 1)
  const authenticatorData = Buffer.concat([sha256(appId), head])
  const nonce = sha256(authenticatorData, sha256(data))
  const signature = sign('sha256', nonce, key.privateKey)
  return toBase64url(writeCbor(new Map(Object.entries({ signature, authenticatorData }))))
}
const renewal = { format: 'apple-app-attest', keyId, assertion: assertionOver(clientData, 5) }
const renewing = { ...context, appAttestKey: registered }

const appraise = (evidence: Evidence, changes: Partial<AppraisalContext> = {}) =>
  appAttestFormat.appraise(evidence, { ...context, ...changes })

describe('App Attest evidence of the device API', () => {
  it('enrols a TLS key with an attestation that vouches for it and the challenge', async () => {
    const result = await appraise(enrolment)
    assert.deepEqual(refusalsOf(result), [])
    assert.equal(result.assurance, 'app-attested')
    assert.equal(result.appAttestKey?.keyId, keyId)
  })

  it('renews a TLS key with an assertion that vouches for it and the challenge', async () => {
    const result = await appraise(renewal, renewing)
    assert.deepEqual(refusalsOf(result), [])
    assert.equal(result.assurance, 'app-attested')
    assert.deepEqual(result.appAttestKey, { ...registered, counter: 5 })
  })

  it('vouches for no other TLS key and no other challenge', async () => {
    for (const changes of [{ spki: newKey().spki }, { challenge: sha256('other') }]) {
      assert.deepEqual(refusalsOf(await appraise(enrolment, changes)), [
        'app_attest_nonce_mismatch',
      ])
      assert.deepEqual(refusalsOf(await appraise(renewal, { ...renewing, ...changes })), [
        'app_attest_assertion_signature_invalid',
      ])
    }
  })

  it('proves nothing by an assertion where the challenge or the key is not known', async () => {
    const { challenge: _, ...unchallenged } = renewing
    const result = await appAttestFormat.appraise(renewal, unchallenged)
    assert.equal(result.assurance, 'unattested')
    assert.equal(result.appAttestKey, undefined)
  })

  it('asks for the assurance that the policy asks for', async () => {
    const policy = { ...context.policy, minimumAssurance: 'secure-enclave' } as const
    const codes = ['attestation_assurance_too_low']
    assert.deepEqual(refusalsOf(await appraise(enrolment, { policy })), codes)
    assert.deepEqual(refusalsOf(await appraise(renewal, { ...renewing, policy })), codes)
  })

  const malformed: Readonly<Record<string, Evidence>> = {
    'without anything': { format: 'apple-app-attest' },
    'without a key id': { format: 'apple-app-attest', attestation },
    'with a key id in base64url': { ...enrolment, keyId: `${'-'.repeat(43)}=` },
    'with a key id of 31 bytes': { ...enrolment, keyId: Buffer.alloc(31).toString('base64') },
    'with a key id that is a list': { ...enrolment, keyId: [keyId] },
    'with padding': { ...enrolment, attestation: `${attestation}==` },
    'in base64': { ...enrolment, attestation: `${attestation.slice(0, -4)}+/+/` },
    'that is a number': { ...enrolment, attestation: 7 },
    'with both objects': { ...enrolment, ...renewal },
    'with a member that nobody knows': { ...enrolment, clientData: 'AAAA' },
  }
  for (const [what, evidence] of Object.entries(malformed)) {
    it(`is malformed ${what}`, async () => {
      assert.deepEqual(refusalsOf(await appraise(evidence)), ['attestation_malformed'])
    })
  }

  it('is not decoded where it is too large', async () => {
    const large = 'A'.repeat(50_000)
    for (const evidence of [
      { ...enrolment, attestation: large },
      { ...renewal, assertion: large },
    ]) {
      assert.deepEqual(refusalsOf(await appraise(evidence, renewing)), ['attestation_too_large'])
    }
  })
})
