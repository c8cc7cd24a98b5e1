import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { devicePaths } from '@sallyport/wire'
import { type Deployment, deploy } from '../fixture/deployment.ts'
import {
  appOfUsers,
  type IdentityProvider,
  identityProvider,
} from '../fixture/identity-provider.ts'
import { type Phone, phoneOf } from '../fixture/phone.ts'
import { askToEnroll, auditOf, enrollForUser, tryToEnroll } from '../fixture/user-phone.ts'

let provider: IdentityProvider
let deployment: Deployment
before(async () => {
  provider = await identityProvider()
  const user = 'user: { mode: required, provider: corp, maxDevices: 4 }'
  const others = `  second:
    insecureDevelopmentDevices: true
    enrollment: { evidence: [development], approval: device, ${user} }
  tried:
    enrollment: { mode: shadow, evidence: [development], approval: device, ${user} }
  manned:
    insecureDevelopmentDevices: true
    enrollment: { evidence: [development], approval: required, ${user} }
`
  deployment = await deploy({ apps: appOfUsers(provider, `approval: device, ${user}`, others) })
})
after(async () => {
  await deployment.close()
  await provider.close()
})

const tokenOf = (subject: string) => provider.token({ subject })
const decide = (phone: Phone, id: string, decision: string) =>
  deployment.device(`${devicePaths.approvals}/${id}`, { ...phone.tls, body: { decision } })
const waitingFor = async (phone: Phone) =>
  (await deployment.device(devicePaths.approvals, phone.tls)).body.approvals

/** A user with one device, and a second one that waits. */
async function secondDevice(subject: string, members = {}) {
  const accessToken = await tokenOf(subject)
  const first = await enrollForUser(deployment, { accessToken, phoneId: 'first-phone' })
  const { key, send } = await askToEnroll(deployment, { accessToken, ...members })
  const answer = await send()
  assert.equal(answer.status, 202, answer.text)
  return { first, key, send, id: answer.body.approvalId as string, accessToken }
}

test('the first device of a user needs nobody, the second one the first', async () => {
  const { first, key, send, id } = await secondDevice('ada')
  assert.equal((await send()).body.approvalId, id)
  const [request, ...more] = await waitingFor(first)
  assert.equal(more.length, 0)
  assert.equal(request.approvalId, id)
  assert.equal(request.platform, 'other')
  assert.equal(request.address, '127.0.0.1')
  assert.deepEqual(request.replaces, [])
  const decided = await decide(first, id, 'approve')
  assert.equal(decided.body.status, 'approved')
  assert.equal((await decide(first, id, 'approve')).status, 200)
  const answer = await send('nonsense')
  assert.equal(answer.status, 201, answer.text)
  const second = phoneOf(key, answer.body)
  const { body } = await deployment.device(devicePaths.devices, second.tls)
  assert.deepEqual(
    body.devices.map((row: { deviceId: string; current: boolean }) => [row.deviceId, row.current]),
    [
      [second.issued.deviceId, true],
      [first.issued.deviceId, false],
    ],
  )
  const added = await auditOf(deployment, 'user.device-added', second.issued.deviceId)
  assert.equal(added.detail.after.devices, 2)
  assert.equal(added.detail.approvedBy, `device:${first.issued.deviceId}`)
})

test('what a user denies is denied', async () => {
  const { first, send, id } = await secondDevice('bob')
  assert.equal((await decide(first, id, 'deny')).body.status, 'denied')
  assert.equal((await send()).body.code, 'enrollment_denied')
  assert.equal((await decide(first, id, 'approve')).body.code, 'approval_decided')
  assert.deepEqual(await waitingFor(first), [])
})

test('an operator decides too', async () => {
  const { first, send, id } = await secondDevice('carl')
  await deployment.admin(`/admin/v1/approvals/${id}/approve`, { body: {} })
  assert.equal((await send()).status, 201)
  assert.equal((await decide(first, id, 'deny')).body.code, 'approval_decided')
})

test('nobody else sees or decides it, in the words for what is not there', async () => {
  const { send, id, accessToken } = await secondDevice('dora')
  const stranger = await enrollForUser(deployment, { accessToken: await tokenOf('mallory') })
  const elsewhere = await enrollForUser(deployment, { accessToken, appId: 'second' })
  const never = await decide(stranger, `apr_${'a'.repeat(26)}`, 'approve')
  for (const phone of [stranger, elsewhere]) {
    assert.deepEqual(await waitingFor(phone), [])
    const refused = await decide(phone, id, 'approve')
    assert.equal(refused.status, 404)
    assert.equal(refused.body.code, never.body.code)
  }
  const nobody = await deployment.device(`${devicePaths.approvals}/${id}`, {
    body: { decision: 'approve' },
  })
  assert.equal(nobody.body.code, 'device_certificate_required')
  assert.equal((await send()).status, 202)
})

for (const verb of ['suspend', 'revoke']) {
  test(`a device approves nothing after ${verb}`, async () => {
    const { first, send, id } = await secondDevice(`eve ${verb}`)
    await deployment.admin(`/admin/v1/devices/${first.issued.deviceId}/${verb}`, { body: {} })
    const refused = await decide(first, id, 'approve')
    assert.match(refused.body.code, /^device_(suspended|revoked)$/)
    assert.equal((await send()).status, 202)
  })
}

test('where the only device of a user is suspended, an operator is left to ask', async () => {
  const accessToken = await tokenOf('jon')
  const { issued } = await enrollForUser(deployment, { accessToken })
  await deployment.admin(`/admin/v1/devices/${issued.deviceId}/suspend`, { body: {} })
  assert.equal((await tryToEnroll(deployment, { accessToken })).status, 202)
  await deployment.admin(`/admin/v1/devices/${issued.deviceId}/revoke`, { body: {} })
  assert.equal((await tryToEnroll(deployment, { accessToken })).status, 201)
})

test('a device does not approve its own key', async () => {
  const accessToken = await tokenOf('fritz')
  const first = await enrollForUser(deployment, { accessToken })
  const { send } = await askToEnroll(deployment, { accessToken, key: first.key })
  const { approvalId } = (await send()).body
  assert.equal((await decide(first, approvalId, 'approve')).body.code, 'approval_own_key')
})

test('what an operator alone may approve, no device does', async () => {
  const accessToken = await tokenOf('gina')
  const appId = 'manned'
  const enrol = async () => {
    const { key, send } = await askToEnroll(deployment, { accessToken, appId })
    return { key, send, id: (await send()).body.approvalId as string }
  }
  const { key, send, id } = await enrol()
  await deployment.admin(`/admin/v1/approvals/${id}/approve`, { body: {} })
  const phone = phoneOf(key, (await send()).body)
  const next = await enrol()
  assert.deepEqual(await waitingFor(phone), [])
  assert.equal((await decide(phone, next.id, 'approve')).status, 404)
})

test('a stolen token and the id of the phone let nothing in without the owner', async () => {
  const { first, send, id } = await secondDevice('henry', { phoneId: 'first-phone' })
  const [request] = await waitingFor(first)
  assert.deepEqual(request.replaces, [first.issued.deviceId])
  assert.equal((await deployment.device(devicePaths.me, first.tls)).status, 200)
  await decide(first, id, 'deny')
  assert.equal((await send()).body.code, 'enrollment_denied')
  assert.equal((await deployment.device(devicePaths.me, first.tls)).status, 200)
})

test('an approved installation on the same phone takes the place of the old one', async () => {
  const { first, key, send, id } = await secondDevice('ines', { phoneId: 'first-phone' })
  await decide(first, id, 'approve')
  const answer = await send()
  assert.equal(answer.status, 201, answer.text)
  const me = await deployment.device(devicePaths.me, first.tls)
  assert.equal(me.body.code, 'device_superseded')
  const { tls } = phoneOf(key, answer.body)
  assert.equal((await deployment.device(devicePaths.me, tls)).status, 200)
})

test('of fifty first devices at once one enrols, and the others wait for it or are refused', async () => {
  const accessToken = await tokenOf('crowd')
  const asked = await Promise.all(
    Array.from({ length: 50 }, () => askToEnroll(deployment, { accessToken })),
  )
  const answers = await Promise.all(asked.map(({ send }) => send()))
  const codes = answers.map(({ status, body }) => (status < 300 ? String(status) : body.code))
  const count = (wanted: string) => codes.filter((code) => code === wanted).length
  assert.equal(count('201'), 1)
  // Ten of a user within a day, the first among them.
  assert.equal(count('202'), 9)
  assert.equal(count('enrollment_too_often'), 40)
})

test('mode shadow asks nobody, and records that it would have', async () => {
  const accessToken = await tokenOf('lea')
  const shadowOf = async () => {
    const { issued } = await enrollForUser(deployment, { accessToken, appId: 'tried' })
    const { body } = await deployment.admin(`/admin/v1/devices/${issued.deviceId}`)
    return body.device.shadow.map(({ check }: { check: string }) => check)
  }
  assert.ok(!(await shadowOf()).includes('approval'))
  assert.ok((await shadowOf()).includes('approval'))
})

test('of approvals that race with a suspension, none holds that came after it', async () => {
  const { first, send, id } = await secondDevice('moe')
  const suspend = () =>
    deployment.admin(`/admin/v1/devices/${first.issued.deviceId}/suspend`, { body: {} })
  const approvals = Array.from({ length: 20 }, () => decide(first, id, 'approve'))
  const [suspended, ...answers] = await Promise.all([suspend(), ...approvals])
  assert.equal(suspended?.status, 200)
  const approved = answers.filter(({ status }) => status === 200).length
  for (const { status, body } of answers) {
    assert.ok(status === 200 || body.code === 'device_suspended', body.code)
  }
  assert.equal((await send()).status, approved === 0 ? 202 : 201)
  assert.equal((await decide(first, id, 'approve')).body.code, 'device_suspended')
})

test('nobody is asked for a device that the user could not have', async () => {
  const { first, accessToken, send, id } = await secondDevice('kim')
  await decide(first, id, 'approve')
  await send()
  for (let device = 3; device <= 4; device++) {
    const { send: ask } = await askToEnroll(deployment, { accessToken })
    await decide(first, (await ask()).body.approvalId, 'approve')
    assert.equal((await ask()).status, 201)
  }
  const refused = await tryToEnroll(deployment, { accessToken })
  assert.equal(refused.body.code, 'user_devices_too_many')
})
