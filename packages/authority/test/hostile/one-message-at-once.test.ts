import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deploy } from '../fixture/deployment.ts'
import { appOfUsers, identityProvider } from '../fixture/identity-provider.ts'
import { askToEnroll } from '../fixture/user-phone.ts'

test('the first phone of a user that asks thirty times at once is one device, and waits for nobody', async (t) => {
  const provider = await identityProvider()
  t.after(() => provider.close())
  const rules =
    'approval: device, user: { mode: required, provider: corp }, limits: { perAddressPerHour: 1000 }'
  const deployment = await deploy({ apps: appOfUsers(provider, rules) })
  t.after(() => deployment.close())
  for (let user = 0; user < 10; user++) {
    const accessToken = await provider.token({ subject: `user-${user}` })
    const { send } = await askToEnroll(deployment, { accessToken })
    const answers = await Promise.all(Array.from({ length: 30 }, () => send()))
    assert.deepEqual([...new Set(answers.map(({ status }) => status))], [201])
    assert.equal(new Set(answers.map(({ body }) => body.deviceId)).size, 1)
  }
  const { body } = await deployment.admin('/admin/v1/approvals')
  assert.deepEqual(body.approvals, [], JSON.stringify(body))
})
