import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { devicePaths } from '@sallyport/wire'
import {
  assertedRenewal,
  attestedApp,
  deployAttested,
  enrollAndroid,
  enrollIos,
  renewAndroid,
} from '../fixture/attested-phone.ts'
import { type Deployment } from '../fixture/deployment.ts'
import { aboutTheApp, csrOf, type Phone, phoneOf } from '../fixture/phone.ts'

let deployment: Deployment
before(async () => {
  deployment = await deployAttested()
})
after(() => deployment.close())

const renewSameKey = (phone: Phone) =>
  deployment.device(devicePaths.renewals, {
    body: { csr: csrOf(phone.key), ...aboutTheApp },
    ...phone.tls,
  })
const androidPhone = async (securityLevel: 'tee' | 'strongbox' = 'tee') => {
  const { key, body } = await enrollAndroid(deployment, { phone: { securityLevel } })
  return phoneOf(key, body)
}

test('where more is asked for than was proven, a renewal brings evidence that proves it', async () => {
  const [tee, strongbox] = [await androidPhone(), await androidPhone('strongbox')]
  const more = 'attestation: { minimumAssurance: strongbox }'
  const apps = attestedApp({ more }).replace(', apple-app-attest', '')
  await deployment.restart({ apps })
  assert.equal((await renewSameKey(strongbox)).status, 201)
  const refused = await renewSameKey(tee)
  assert.equal(refused.body.code, 'renewal_evidence_required')
  assert.equal((await renewAndroid(deployment, tee)).body.code, 'evidence_refused')
  const phone = { securityLevel: 'strongbox' } as const
  const risen = await renewAndroid(deployment, tee, { phone })
  assert.equal(risen.body.assurance, 'strongbox')
  await deployment.restart({ apps: attestedApp() })
})

test('an iPhone whose app takes App Attest no more is told to bring other evidence, or to enrol again', async () => {
  const { key, appAttestKey, body } = await enrollIos(deployment)
  const phone = phoneOf(key, body)
  await deployment.restart({ apps: attestedApp().replace(', apple-app-attest', '') })
  const renewal = await assertedRenewal(deployment, { appAttestKey, counter: 1 })
  const answer = await deployment.device(devicePaths.renewals, { body: renewal, ...phone.tls })
  assert.equal(answer.body.code, 'renewal_evidence_required')
  assert.equal(answer.body.action, 're-enroll')
  await deployment.restart({ apps: attestedApp() })
})

test('in mode shadow an iPhone renews without an assertion, and nothing is proven of it until one comes', async () => {
  const { key, appAttestKey, body } = await enrollIos(deployment)
  const phone = phoneOf(key, body)
  await deployment.restart({ apps: attestedApp({ enrollment: 'mode: shadow' }) })
  const without = await renewSameKey(phone)
  assert.equal(without.status, 201, without.text)
  assert.equal(without.body.assurance, 'unattested')
  const shown = await deployment.admin(`/admin/v1/devices/${body.deviceId}`)
  assert.deepEqual(
    shown.body.device.shadow.map(({ code }: { code: string }) => code),
    ['evidence_required'],
  )
  const next = phoneOf(key, without.body)
  const renewal = await assertedRenewal(deployment, { appAttestKey, counter: 1, key })
  const again = await deployment.device(devicePaths.renewals, { body: renewal, ...next.tls })
  assert.equal(again.body.assurance, 'app-attested', again.text)
  await deployment.restart({ apps: attestedApp() })
})
