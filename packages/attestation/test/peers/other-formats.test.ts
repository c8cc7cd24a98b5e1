// Evidence of one format handed in as another, where one root vouches for all of them, as the root of
// virtual phones does.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  appraiseAndroidKey,
  appraiseManagedDevice,
  type AttestationResult,
  trustAnchor,
} from '../../src/index.ts'
import { anchor as androidAnchor, at as androidAt, chainOf } from '../android-key/forged-chain.ts'
import {
  at as appAttestAt,
  authority,
  forgeAttestation,
  refusalsOf,
  root,
} from '../apple-app-attest/forged-attestation.ts'
import { at as managedAt, intermediate, leafOf, trust } from '../apple-mda/managed-chain.ts'
import { decodeReal } from '../hostile/real-app-attest.ts'

/** How each chain stands before a verifier that is asked for nothing in particular. */
const evidence = {
  android: { chain: chainOf(), at: androidAt, anchors: [androidAnchor] },
  appAttest: {
    chain: [...decodeReal(forgeAttestation()).chain.slice(0, 1), authority.der],
    at: appAttestAt,
    anchors: [trustAnchor(root.certificate)],
  },
  managedDevice: { chain: [leafOf(), intermediate], at: managedAt, anchors: trust.anchors },
}
type Evidence = (typeof evidence)[keyof typeof evidence]

const asAndroidKey = ({ chain, at, anchors }: Evidence) =>
  appraiseAndroidKey({ chain, at, trust: { anchors, statusList: undefined }, policy: {} })
const asManagedDevice = ({ chain, at, anchors }: Evidence) =>
  appraiseManagedDevice({ chain, at, trust: { anchors }, policy: {} })

function assertNothing(result: AttestationResult, code: string): void {
  assert.ok(refusalsOf(result).includes(code), refusalsOf(result).join(' '))
  assert.equal(result.accepted, false)
  assert.equal(result.assurance, 'unattested')
  assert.deepEqual(result.facts, {})
}

describe('a chain of its own format', () => {
  it('is accepted', () => {
    assert.deepEqual(refusalsOf(asAndroidKey(evidence.android)), [])
    assert.deepEqual(refusalsOf(asManagedDevice(evidence.managedDevice)), [])
  })
})

describe('a chain that Apple attests nothing of a managed device with', () => {
  for (const name of ['appAttest', 'android'] as const) {
    it(`proves no Secure Enclave: ${name}`, () => {
      assertNothing(asManagedDevice(evidence[name]), 'managed_device_freshness_stale')
    })
  }
})

describe('a chain without a KeyDescription', () => {
  for (const name of ['appAttest', 'managedDevice'] as const) {
    it(`proves no key of Android: ${name}`, () => {
      assertNothing(asAndroidKey(evidence[name]), 'android_key_description_missing')
    })
  }
})
