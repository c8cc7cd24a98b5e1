import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { createVirtualDevice, type VirtualDevice } from '@sallyport/virtual-device'
import { type Deployment, deploy } from '../fixture/deployment.ts'
import {
  appOfUsers,
  type IdentityProvider,
  identityProvider,
} from '../fixture/identity-provider.ts'

let provider: IdentityProvider
let deployment: Deployment
const devices: VirtualDevice[] = []
before(async () => {
  provider = await identityProvider()
  const user = 'user: { mode: required, provider: corp }'
  const others = `  open:
    insecureDevelopmentDevices: true
    enrollment: { evidence: [development], ${user}, bindChallengeToConnection: true }
`
  deployment = await deploy({ apps: appOfUsers(provider, `approval: device, ${user}`, others) })
  writeFileSync(path.join(deployment.directory, 'ca.pem'), deployment.caPem)
})
after(async () => {
  for (const device of devices) await device.close()
  await deployment.close()
  await provider.close()
})

function virtualDevice(options: Partial<Parameters<typeof createVirtualDevice>[0]> = {}) {
  const directory = mkdtempSync(path.join(deployment.directory, 'device-'))
  const device = createVirtualDevice({
    directory,
    authorityUrl: deployment.authority.addresses.device,
    gatewayUrl: 'https://127.0.0.1:1',
    caFile: path.join(deployment.directory, 'ca.pem'),
    appId: 'wallet',
    ...options,
  })
  devices.push(device)
  return { device, directory }
}

test('a client enrols for its user, and another one of them lets it in', async () => {
  const accessToken = () => provider.token({ subject: 'ada' })
  const { device: first, directory } = virtualDevice()
  await assert.rejects(first.devices(), { code: 'device_not_enrolled' })
  await assert.rejects(first.enroll(), { code: 'token_required', action: 'refresh-token' })
  await first.enroll({ accessToken })
  assert.deepEqual(await first.approvals(), [])

  const { device: second } = virtualDevice({ phoneId: 'second-phone' })
  const waiting = second.enroll({ accessToken, approvalTimeoutMs: 0 })
  await assert.rejects(waiting, { code: 'enrollment_pending', retryable: true })
  const [request, ...more] = await first.approvals()
  assert.equal(more.length, 0)
  assert.ok(request)
  assert.equal(request.platform, 'other')
  await first.decideApproval(request.approvalId, 'approve')
  // The token is over by now; what waited is its user's all the same.
  const { deviceId } = await second.enroll({ accessToken: 'expired' })
  const listed = await first.devices()
  assert.deepEqual(
    listed.map((device) => [device.deviceId, device.current]),
    [
      [deviceId, false],
      [(await first.status()).deviceId, true],
    ],
  )
  await assert.rejects(first.decideApproval(request.approvalId, 'deny'), {
    code: 'approval_decided',
  })
  const token = await accessToken()
  for (const file of readdirSync(directory)) {
    assert.ok(!readFileSync(path.join(directory, file), 'latin1').includes(token.slice(0, 80)))
  }
})

test('an installation anew takes the place of the old one, which is told to enrol', async () => {
  const accessToken = await provider.token({ subject: 'bob' })
  const options = { appId: 'open', phoneId: 'phone-of-bob' }
  const { device: old } = virtualDevice(options)
  await old.enroll({ accessToken })
  const { device: anew } = virtualDevice(options)
  await anew.enroll({ accessToken })
  await assert.rejects(old.devices(), { code: 'device_superseded', action: 're-enroll' })
  assert.equal((await anew.devices()).length, 1)
})

for (const httpVersion of ['1.1', '2'] as const) {
  test(`challenge and enrolment come over one connection from a transport of HTTP/${httpVersion}`, async () => {
    const accessToken = await provider.token({ subject: `carl ${httpVersion}` })
    const { device } = virtualDevice({ appId: 'open', httpVersion })
    assert.equal((await device.enroll({ accessToken })).state, 'active')
    const { events } = await device.diagnostics()
    assert.ok(!JSON.stringify(events).includes('challenge_connection_mismatch'))
  })
}
