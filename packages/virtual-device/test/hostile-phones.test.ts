import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { isSallyportError, type SallyportError } from '@sallyport/sdk'
import { type Evidence, fromBase64url } from '@sallyport/wire'
import {
  type AndroidHostility,
  androidHostilities,
  appAssertionEvidence,
  appAttestationEvidence,
  type AppAttestHostility,
  cloneDevice,
  makeAppAttestKey,
  type PlayIntegrityHostility,
} from '../src/index.ts'
import { attestedPhones, type Phones, whoAmI } from './attested-phones.ts'
import { type AuthorityDeployment, dayMs, deployAuthority } from './authority-deployment.ts'
import { cleanUps } from './clean-ups.ts'

let authority: AuthorityDeployment
let phones: Phones
const whenOver = cleanUps()
before(async () => {
  authority = await deployAuthority(whenOver)
  phones = attestedPhones(authority)
})
after(() => whenOver.run())

/** The refusal as the phone hears it: one public reason, whichever check failed. */
async function refusal(call: Promise<unknown>): Promise<SallyportError> {
  const error = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  assert.ok(isSallyportError(error), String(error))
  assert.equal(error.code, 'evidence_refused')
  assert.equal(error.retryable, false)
  return error
}

/** The checks that failed, as the operator finds them by the request. */
async function failedChecks({ requestId }: SallyportError): Promise<string[]> {
  const { body } = await authority.admin('GET', `/decisions/${requestId}`)
  const [appraisal] = body['appraisals'] as { failed: { code: string }[] }[]
  return appraisal?.failed.map(({ code }) => code) ?? []
}

for (const hostility of Object.keys(androidHostilities) as AndroidHostility[]) {
  test(`an Android phone is refused: ${hostility}`, async () => {
    const device = phones.android({ hostility: () => hostility })
    const error = await refusal(device.enroll())
    assert.notDeepEqual(await failedChecks(error), [])
    assert.equal((await device.status()).state, 'none')
  })
}

const refusedAtEnrolment: readonly AppAttestHostility[] = [
  'other-app',
  'other-environment',
  'other-client-data',
  'counter-not-zero',
  'other-credential-id',
  'unknown-environment',
  'own-root',
  'expired-certificate',
  'trailing-bytes',
  'cut-short',
  'deep-cbor',
]
for (const hostility of refusedAtEnrolment) {
  test(`an iPhone is refused: ${hostility}`, async () => {
    const error = await refusal(phones.ios({ hostility: () => hostility }).enroll())
    assert.notDeepEqual(await failedChecks(error), [])
  })
}

const refusedAtRenewal: Readonly<Partial<Record<AppAttestHostility, string>>> = {
  'other-client-data': 'app_attest_assertion_signature_invalid',
  'other-key': 'app_attest_assertion_signature_invalid',
  'equal-counter': 'app_attest_counter_not_risen',
  'counter-rollback': 'app_attest_counter_not_risen',
  'trailing-bytes': 'app_attest_trailing_bytes',
}
for (const [hostility, code] of Object.entries(refusedAtRenewal)) {
  test(`an iPhone that enrolled honestly does not renew: ${hostility}`, async () => {
    let now: AppAttestHostility | undefined
    const device = phones.ios({ hostility: () => now })
    const { deviceId } = await device.enroll()
    await device.renew()
    now = hostility as AppAttestHostility
    assert.deepEqual(await failedChecks(await refusal(device.renew())), [code])
    now = undefined
    assert.equal(await whoAmI(device), deviceId, 'the certificate in use stays in use')
    await device.renew()
    assert.equal(await whoAmI(device), deviceId)
  })
}

/** A phone that puts something else in the place of its assertions. */
async function enrolledWith(replace: (honest: Evidence, clientData: Uint8Array) => Evidence) {
  const device = phones.ios(
    {},
    {
      wrapEvidence: (collect) => async (context) => {
        const evidence = await collect(context)
        if (evidence === undefined || context.purpose === 'enroll') return evidence
        return replace(evidence, context.clientData)
      },
    },
  )
  await device.enroll()
  return device
}

test('an assertion counts once, for one renewal', async () => {
  let first: Evidence | undefined
  const device = await enrolledWith((honest) => (first ??= honest))
  await device.renew()
  const codes = await failedChecks(await refusal(device.renew()))
  assert.ok(codes.includes('app_attest_counter_not_risen'), codes.join(' '))
  assert.ok(codes.includes('app_attest_assertion_signature_invalid'))
})

test('the App Attest key of another phone vouches for nothing here, whatever name it comes under', async () => {
  const other = makeAppAttestKey()
  for (const isNamed of [true, false]) {
    const device = await enrolledWith((honest, clientData) => {
      const asserted = appAssertionEvidence({ key: other, clientData, counter: 9 })
      return isNamed ? asserted : { ...asserted, keyId: honest['keyId'] }
    })
    const codes = await failedChecks(await refusal(device.renew()))
    assert.ok(codes.includes('app_attest_assertion_signature_invalid'), codes.join(' '))
    assert.equal(codes.includes('app_attest_other_key'), isNamed)
  }
})

test('a device that has a key does not renew with the attestation of another', async () => {
  const device = await enrolledWith((_, clientData) => {
    const root = authority.attestationRoot
    return appAttestationEvidence({ root, key: makeAppAttestKey(), clientData })
  })
  const codes = await failedChecks(await refusal(device.renew()))
  assert.deepEqual(codes, ['app_attest_assertion_required'])
})

test('a key in software under App Attest is app-attested, whatever the phone says, and renews with an assertion alone', async () => {
  const device = phones.ios(
    {},
    {
      wrapEvidence: (collect) => async (context) =>
        context.purpose === 'enroll' ? await collect(context) : undefined,
    },
  )
  assert.equal((await device.enroll()).assurance, 'app-attested')
  await assert.rejects(device.renew(), { code: 'renewal_evidence_required' })
})

test('a phone whose App Attest key is gone enrols again by itself', async () => {
  const directory = join(authority.scratch(), 'device')
  const device = phones.ios({}, { directory, autoEnroll: true })
  const { deviceId } = await device.enroll()
  rmSync(join(directory, 'app-attest.json'))
  authority.clock.offsetMs += 10 * dayMs
  assert.notEqual(await whoAmI(device), deviceId)
})

test('of two copies of an iPhone that renew at once, one stays', async () => {
  const directory = join(authority.scratch(), 'original')
  const original = phones.ios({}, { directory })
  const { deviceId } = await original.enroll()
  const copyDirectory = join(authority.scratch(), 'copy')
  await cloneDevice(directory, copyDirectory)
  const copy = phones.ios({}, { directory: copyDirectory })
  const outcomes = await Promise.allSettled([original.renew(), copy.renew()])
  assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1)
  const { body } = await authority.admin('GET', `/devices/${deviceId}`)
  const certificates = body['certificates'] as { status: string }[]
  assert.equal(certificates.length, 2)
})

test('where policy asks for Play Integrity, a phone brings a token with its evidence, whenever it brings that', async () => {
  const { playConsole } = authority
  const play: { hostility?: PlayIntegrityHostility } = {}
  const signalled = { appId: 'signalled' }
  const device = phones.android({ playConsole, playHostility: () => play.hostility }, signalled)
  const { deviceId, assurance } = await device.enroll()
  assert.equal(assurance, 'tee')
  await device.renew()
  assert.equal(await whoAmI(device), deviceId)
  play.hostility = 'unrecognised-app'
  const codes = await failedChecks(await refusal(device.renew()))
  assert.deepEqual(codes, ['play_integrity_app_unrecognised'])
  const silent = await failedChecks(await refusal(phones.android({}, signalled).enroll()))
  assert.deepEqual(silent, ['attestation_signal_required'])
})

test('a managed iPhone proves that its keys are in the Secure Enclave; one that is not listed is refused', async () => {
  const managed = { appId: 'managed' }
  const device = phones.ios({ isManaged: true }, managed)
  const { deviceId, assurance } = await device.enroll()
  assert.equal(assurance, 'secure-enclave')
  await device.renew()
  assert.equal(await whoAmI(device), deviceId)
  const facts = { serialNumber: 'V1RTUAL0THER' }
  const other = phones.ios({ isManaged: true, facts }, managed)
  assert.deepEqual(await failedChecks(await refusal(other.enroll())), [
    'managed_device_serial_number_unlisted',
  ])
  await assert.rejects(phones.ios({}, managed).enroll(), { code: 'evidence_format_unknown' })
})

test('a phone with StrongBox enrols with it, and without it while that is broken', async () => {
  let isBroken = false
  const device = phones.android({
    facts: { securityLevel: 'strongbox' },
    isStrongBoxBroken: () => isBroken,
  })
  assert.equal((await device.enroll()).assurance, 'strongbox')
  isBroken = true
  assert.equal((await device.renew()).assurance, 'tee')
})

test('what was proven of a phone is kept, field by field, with the evidence itself', async () => {
  const device = phones.android({ facts: { provisioning: 'factory' } })
  const { deviceId } = await device.enroll()
  const { body } = await authority.admin('GET', `/devices/${deviceId}/appraisals`)
  const [appraisal] = body['appraisals'] as { id: string; outcome: string; model: string }[]
  assert.equal(appraisal?.outcome, 'accepted')
  const { body: sent } = await authority.admin('GET', `/appraisals/${appraisal?.id}/evidence`)
  const { chain } = sent['evidence'] as { chain: string[] }
  assert.equal(chain.length, 4)
  assert.ok(fromBase64url(chain[0] ?? '') !== undefined)
})
