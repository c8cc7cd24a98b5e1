import assert from 'node:assert/strict'
import { test } from 'node:test'
import { devicePaths } from '@sallyport/wire'
import { deploy } from '../fixture/deployment.ts'
import { enroll, enrollmentOf, makeKey, renew, takeChallenge } from '../fixture/phone.ts'

const apps = (enrollment: string, insecure: boolean) => `
  wallet:
    insecureDevelopmentDevices: ${insecure}
    enrollment: { ${enrollment} }
`

test('development devices end with insecureDevelopmentDevices: they renew no more', async () => {
  const deployment = await deploy({ apps: apps('evidence: [development]', true) })
  try {
    const phone = await enroll(deployment)
    await deployment.restart({ apps: apps('enrollmentToken: required', false) })
    const answer = await renew(deployment, phone)
    assert.equal(answer.status, 403, answer.text)
    assert.equal(answer.body.code, 'evidence_refused')
  } finally {
    await deployment.close()
  }
})

test('a development device that was approved gets no certificate after insecureDevelopmentDevices', async () => {
  const enrollment = 'evidence: [development], approval: required'
  const deployment = await deploy({ apps: apps(enrollment, true) })
  try {
    const body = enrollmentOf(makeKey(), await takeChallenge(deployment))
    const { approvalId } = (await deployment.device(devicePaths.certificates, { body })).body
    await deployment.admin(`/admin/v1/approvals/${approvalId}/approve`, { body: {} })
    await deployment.restart({ apps: apps('approval: required', false) })
    const answer = await deployment.device(devicePaths.certificates, { body })
    assert.equal(answer.status, 403, answer.text)
  } finally {
    await deployment.close()
  }
})
