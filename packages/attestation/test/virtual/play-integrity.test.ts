import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import type { ReasonCode } from '@sallyport/problem'
import {
  defaultAndroidPhone,
  makePlayConsole,
  type PlayIntegrityHostility,
  playIntegrityHostilities,
  playIntegrityToken,
} from '@sallyport/virtual-device'
import { appraisePlayIntegrity, type PlayIntegrityPolicy } from '../../src/index.ts'
import { refusalsOf } from './virtual-trust.ts'

const console = makePlayConsole()
const { packageName, signerDigest } = defaultAndroidPhone
const policy: PlayIntegrityPolicy = {
  decryptionKey: console.decryptionKey,
  verificationKey: console.verificationKey,
  packages: [packageName],
  signerDigests: [signerDigest],
  appRecognition: ['PLAY_RECOGNIZED'],
  deviceRecognition: ['MEETS_DEVICE_INTEGRITY'],
  appLicensing: ['LICENSED'],
  maxAgeSeconds: 600,
}

function appraise(hostility?: PlayIntegrityHostility) {
  const clientData = randomBytes(100)
  const asked = { console, clientData, ...(hostility === undefined ? {} : { hostility }) }
  const token = playIntegrityToken(asked)
  return appraisePlayIntegrity({ token, clientData, at: Date.now(), policy })
}

test('an honest token passes, and raises no assurance', async () => {
  const result = await appraise()
  assert.deepEqual(refusalsOf(result), [])
  assert.equal(result.assurance, 'unattested')
})

const refusals: Readonly<Record<PlayIntegrityHostility, ReasonCode>> = {
  'other-request': 'attestation_challenge_mismatch',
  'other-keys': 'play_integrity_decryption_failed',
  'old-token': 'play_integrity_token_old',
  'other-app': 'play_integrity_package_foreign',
  'unrecognised-app': 'play_integrity_app_unrecognised',
  'no-device-integrity': 'play_integrity_device_unrecognised',
}

for (const hostility of Object.keys(playIntegrityHostilities) as PlayIntegrityHostility[]) {
  test(`${hostility}: ${refusals[hostility]}`, async () => {
    const found = refusalsOf(await appraise(hostility))
    assert.ok(found.includes(refusals[hostility]), found.join(' '))
  })
}
