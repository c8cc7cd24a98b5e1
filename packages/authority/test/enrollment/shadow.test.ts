import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { devicePaths } from '@sallyport/wire'
import { type Deployment, deploy } from '../fixture/deployment.ts'
import { enrollmentOf, makeKey, phoneOf, takeChallenge } from '../fixture/phone.ts'

let deployment: Deployment
before(async () => {
  const apps = `
  wallet:
    enrollment: { mode: shadow, evidence: [development], enrollmentToken: required, approval: required }
`
  deployment = await deploy({ apps })
})
after(() => deployment.close())

test('mode shadow issues what was proven and records each check that would have refused', async () => {
  const key = makeKey()
  const body = enrollmentOf(key, await takeChallenge(deployment))
  const answer = await deployment.device(devicePaths.certificates, { body })
  assert.equal(answer.status, 201, answer.text)
  assert.equal(answer.body.assurance, 'unattested')
  const shown = await deployment.admin(`/admin/v1/devices/${answer.body.deviceId}`)
  assert.deepEqual(
    shown.body.device.shadow.map(({ check, code }: Record<string, string>) => [check, code]),
    [
      ['enrollmentToken', 'enrollment_token_required'],
      ['insecureDevelopmentDevices', 'evidence_development_refused'],
      ['approval', 'enrollment_denied'],
    ],
  )
  assert.equal(shown.body.device.development, false)
  const me = await deployment.device(devicePaths.me, phoneOf(key, answer.body).tls)
  assert.equal(me.status, 200, me.text)
})

test('a forged challenge and a bad signing request are refused in mode shadow too', async () => {
  const body = enrollmentOf(makeKey(), Buffer.alloc(32).toString('base64url'))
  const forged = await deployment.device(devicePaths.certificates, { body })
  assert.equal(forged.body.code, 'challenge_refused')
  const challenge = await takeChallenge(deployment)
  const bad = await deployment.device(devicePaths.certificates, {
    body: { ...enrollmentOf(makeKey(), challenge), csr: 'AAAA' },
  })
  assert.equal(bad.body.code, 'csr_malformed')
})
