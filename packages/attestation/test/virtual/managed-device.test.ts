import assert from 'node:assert/strict'
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { test } from 'node:test'
import type { ReasonCode } from '@sallyport/problem'
import {
  defaultIosPhone,
  makeDevelopmentRoot,
  managedDeviceChain,
  type ManagedDeviceHostility,
  managedDeviceHostilities,
} from '@sallyport/virtual-device'
import { appraiseManagedDevice } from '../../src/index.ts'
import { refusalsOf, virtualTrust } from './virtual-trust.ts'

const root = makeDevelopmentRoot()
const trust = virtualTrust(root).managedDevices
const challenge = randomBytes(32)
const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-384' })
const spki = publicKey.export({ format: 'der', type: 'spki' })
const { serialNumber, udid, osVersion, model } = defaultIosPhone

function appraise(hostility?: ManagedDeviceHostility) {
  const options = { root, challenge, spki, ...(hostility === undefined ? {} : { hostility }) }
  return appraiseManagedDevice({
    chain: managedDeviceChain(options),
    challenge,
    spki,
    at: Date.now(),
    trust,
    policy: {
      serialNumbers: [serialNumber],
      udids: [udid],
      minimumOsVersion: '26.0',
      requireSecureBoot: true,
    },
  })
}

test('an honest managed device proves that its key is in the Secure Enclave', () => {
  const result = appraise()
  assert.deepEqual(refusalsOf(result), [])
  assert.equal(result.assurance, 'secure-enclave')
  assert.equal(result.development, true)
  assert.equal(result.facts.osVersion, osVersion)
  assert.equal(result.facts.model, model)
})

const refusals: Readonly<Record<ManagedDeviceHostility, ReasonCode>> = {
  'other-challenge': 'managed_device_freshness_stale',
  'other-key': 'attestation_key_mismatch',
  'own-root': 'attestation_signature_invalid',
}

for (const hostility of Object.keys(managedDeviceHostilities) as ManagedDeviceHostility[]) {
  test(`${hostility}: ${refusals[hostility]}`, () => {
    const result = appraise(hostility)
    assert.ok(refusalsOf(result).includes(refusals[hostility]), refusalsOf(result).join(' '))
    assert.equal(result.assurance, 'unattested')
  })
}
