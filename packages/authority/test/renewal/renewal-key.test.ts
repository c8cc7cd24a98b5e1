import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deploy } from '../fixture/deployment.ts'
import { enroll, makeKey, renew } from '../fixture/phone.ts'

const apps = (renewalKey: string) => `
  wallet:
    insecureDevelopmentDevices: true
    enrollment: { evidence: [development] }
    certificate: { renewalKey: ${renewalKey} }
`

for (const [rule, statuses] of [
  ['any', { same: 201, new: 201 }],
  ['same', { same: 201, new: 400 }],
  ['new', { same: 400, new: 201 }],
] as const) {
  test(`an app whose devices renew with ${rule} key refuses the others`, async () => {
    const deployment = await deploy({ apps: apps(rule) })
    try {
      const kept = await renew(deployment, await enroll(deployment))
      const changed = await renew(deployment, await enroll(deployment), makeKey())
      assert.deepEqual([kept.status, changed.status], [statuses.same, statuses.new])
    } finally {
      await deployment.close()
    }
  })
}
