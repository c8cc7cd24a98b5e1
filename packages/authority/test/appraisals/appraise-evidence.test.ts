import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { builtInRoots, trustAnchor, type TrustMaterial } from '@sallyport/attestation'
import {
  androidKeyEvidence,
  appAttestationEvidence,
  type IosPhone,
  makeAppAttestKey,
} from '@sallyport/virtual-device'
import { enrollmentProofBase, type Evidence } from '@sallyport/wire'
import { appraiseEvidence } from '../../src/appraisals/appraise-evidence.ts'
import type { AppraisalOrder } from '../../src/appraisals/appraise-parts.ts'
import { attestationPolicies } from '../../src/config/attestation-policy.ts'
import { attestationRoot, attestedApp } from '../fixture/attested-phone.ts'
import { readTestConfig } from '../fixture/deployment.ts'
import { makeKey, spkiOf } from '../fixture/phone.ts'

/** The root of virtual phones in the place of Google's and Apple's: what production phones come to. */
const anchors = [trustAnchor(attestationRoot.certificate)]
const trust: TrustMaterial = {
  android: { anchors, statusList: undefined },
  appAttest: { anchors },
  appAttestReceipts: { anchors: [...builtInRoots.appAttestReceipts, ...anchors] },
  managedDevices: { anchors },
}

const appsWith = (wishes: Parameters<typeof attestedApp>[0], isInsecure: boolean) => {
  const text = attestedApp(wishes)
  const yaml = isInsecure ? text : text.replace('insecureDevelopmentDevices: true', '')
  return readTestConfig('/', yaml).apps
}

async function appraise(
  evidenceFor: (challenge: Buffer, spki: Buffer) => Evidence | undefined,
  {
    wishes,
    isInsecure = false,
    ...order
  }: Partial<AppraisalOrder> & {
    wishes?: Parameters<typeof attestedApp>[0]
    isInsecure?: boolean
  } = {},
) {
  const apps = appsWith(wishes, isInsecure)
  const { wallet: app } = apps
  assert.ok(app !== undefined)
  const [challenge, spki] = [randomBytes(32), spkiOf(makeKey())]
  const sent = { challenge, spki, evidence: evidenceFor(challenge, spki) }
  const authority = {
    trust: { material: () => trust },
    policies: attestationPolicies('/', apps),
    now: Date.now,
  }
  const facts = { appId: 'wallet', purpose: 'enroll', platform: 'other' } as const
  return appraiseEvidence(authority, { ...facts, app, sent, ...order })
}

const android = (challenge: Buffer, spki: Buffer) =>
  androidKeyEvidence({ root: attestationRoot, challenge, spki })
const ios = (phone: Partial<IosPhone>) => (challenge: Buffer, spki: Buffer) =>
  appAttestationEvidence({
    root: attestationRoot,
    key: makeAppAttestKey(),
    clientData: enrollmentProofBase(challenge, spki),
    phone,
  })

test('evidence that ends at a root of production is of a device', async () => {
  const appraisal = await appraise(android)
  assert.equal(appraisal.outcome, 'accepted', JSON.stringify(appraisal.failed))
  assert.equal(appraisal.isDevelopment, false)
  assert.equal(appraisal.assurance, 'tee')
  assert.ok(appraisal.serials.length >= 3)
})

test('a device does not become a development device by renewing, nor the other way, in no mode', async () => {
  for (const mode of ['enforce', 'shadow'] as const) {
    const strayed = await appraise(android, {
      device: { kind: 'development', platform: undefined },
      purpose: 'renew',
      isInsecure: true,
      wishes: { enrollment: `mode: ${mode}` },
    })
    assert.equal(strayed.outcome, 'refused')
    assert.deepEqual(
      strayed.failed.map(({ name }) => name),
      ['kind'],
    )
  }
})

test('a development build of the app is a development device, where the app takes those', async () => {
  const apple = ios({ environment: 'development' })
  const taken = await appraise(apple, { isInsecure: true, wishes: { enrollment: 'mode: shadow' } })
  assert.deepEqual([taken.isDevelopment, taken.assurance], [true, 'app-attested'])
})

test('a development build of the app proves nothing where the app takes none, also in mode shadow', async () => {
  const apple = ios({ environment: 'development' })
  const refused = await appraise(apple)
  assert.equal(refused.outcome, 'refused')
  const shadowed = await appraise(apple, { wishes: { enrollment: 'mode: shadow' } })
  assert.equal(shadowed.outcome, 'shadowed')
  assert.deepEqual([shadowed.isDevelopment, shadowed.assurance], [false, 'unattested'])
  assert.equal(shadowed.appAttestKey, null)
})

test('the receipt of an App Attest key is read where it is verified', async () => {
  const appraisal = await appraise(ios({}))
  assert.equal(appraisal.outcome, 'accepted', JSON.stringify(appraisal.failed))
  assert.ok(appraisal.appAttestKey?.receipt !== undefined)
  assert.ok((appraisal.receipt?.expiresAt ?? 0) > Date.now())
})

test('an app without policy, as after a reload that took it away, asks for nothing and admits nobody', async () => {
  const { wallet: app } = appsWith({}, false)
  assert.ok(app !== undefined)
  const [challenge, spki] = [randomBytes(32), spkiOf(makeKey())]
  const sent = { challenge, spki, evidence: android(challenge, spki) }
  const authority = { trust: { material: () => trust }, policies: new Map(), now: Date.now }
  const facts = { appId: 'wallet', purpose: 'enroll', platform: 'android' } as const
  await assert.rejects(appraiseEvidence(authority, { ...facts, app, sent }), {
    code: 'app_unknown',
  })
})
