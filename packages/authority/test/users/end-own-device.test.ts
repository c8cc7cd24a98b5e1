import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { devicePaths } from '@sallyport/wire'
import { type Deployment, deploy } from '../fixture/deployment.ts'
import {
  appOfUsers,
  type IdentityProvider,
  identityProvider,
} from '../fixture/identity-provider.ts'
import { enroll, type Phone } from '../fixture/phone.ts'
import { auditOf, enrollForUser, tryToEnroll } from '../fixture/user-phone.ts'

let provider: IdentityProvider
let deployment: Deployment
before(async () => {
  provider = await identityProvider()
  const user = 'user: { mode: optional, provider: corp, maxDevices: 4 }'
  const other = `  second:
    insecureDevelopmentDevices: true
    enrollment: { evidence: [development], ${user} }
`
  deployment = await deploy({ apps: appOfUsers(provider, user, other) })
})
after(async () => {
  await deployment.close()
  await provider.close()
})

const tokenOf = (subject: string) => provider.token({ subject })
const phoneOfUser = async (subject: string, appId = 'wallet') =>
  enrollForUser(deployment, { accessToken: await tokenOf(subject), appId })
const end = (phone: Phone, deviceId: string, token?: string) =>
  deployment.device(`${devicePaths.devices}/${encodeURIComponent(deviceId)}`, {
    ...phone.tls,
    method: 'DELETE',
    ...(token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } }),
  })
const said = ({ status, body }: { status: number; body: { code?: string } }) =>
  `${status} ${body.code ?? ''}`.trim()
const statusOf = async (phone: Phone) => (await deployment.device(devicePaths.me, phone.tls)).status

test('a user who signed in sees their devices, and ends one that they lost', async () => {
  const [lost, phone] = [await phoneOfUser('ada'), await phoneOfUser('ada')]
  const { body } = await deployment.device('/device/v1/me/devices', phone.tls)
  assert.deepEqual(
    new Set(body.devices.map(({ deviceId }: { deviceId: string }) => deviceId)),
    new Set([lost.issued.deviceId, phone.issued.deviceId]),
  )
  const token = await tokenOf('ada')
  const ended = await end(phone, lost.issued.deviceId, token)
  assert.equal(ended.status, 200, ended.text)
  assert.equal(ended.body.status, 'revoked')
  assert.equal(await statusOf(lost), 403)
  assert.equal(await statusOf(phone), 200)
  assert.equal((await end(phone, lost.issued.deviceId, token)).status, 200, 'again')
  const row = await auditOf(deployment, 'device.revoked', lost.issued.deviceId)
  assert.equal(row.detail.reason, 'ended by its user')
  assert.equal(row.actor, `device:${phone.issued.deviceId}`)
})

test('a device ends itself by its certificate alone', async () => {
  const phone = await phoneOfUser('bea')
  const left = await end(phone, phone.issued.deviceId)
  assert.equal(`${left.status} ${left.body.status}`, '200 superseded')
  assert.equal(await statusOf(phone), 403)
  assert.equal(said(await end(phone, phone.issued.deviceId)), '403 device_superseded')
  const alone = await enroll(deployment)
  assert.equal((await end(alone, alone.issued.deviceId)).status, 200)
})

test('a phone that left comes back as a new device, and one that was ended from another does not', async () => {
  const accessToken = await tokenOf('gwen')
  const own = { accessToken, phoneId: 'phone-of-gwen' }
  const phone = await enrollForUser(deployment, own)
  assert.equal((await end(phone, phone.issued.deviceId)).status, 200)
  const again = await enrollForUser(deployment, own)
  assert.notEqual(again.issued.deviceId, phone.issued.deviceId)
  const other = await phoneOfUser('gwen')
  assert.equal((await end(other, again.issued.deviceId, accessToken)).status, 200)
  assert.equal((await tryToEnroll(deployment, own)).body.code, 'reinstall_refused')
})

test('a stolen phone ends no other, and neither does a stolen token', async () => {
  const [mine, other] = [await phoneOfUser('cleo'), await phoneOfUser('cleo')]
  const thief = await phoneOfUser('mallory')
  const { deviceId } = other.issued
  assert.equal(said(await end(mine, deviceId)), '401 token_required')
  assert.equal(said(await end(thief, deviceId, await tokenOf('cleo'))), '403 token_of_other_user')
  assert.equal(said(await end(mine, deviceId, await tokenOf('mallory'))), '403 token_of_other_user')
  assert.equal(said(await end(mine, deviceId, 'rubbish')), '401 token_invalid')
  const alone = await deployment.device(`${devicePaths.devices}/${deviceId}`, {
    method: 'DELETE',
    headers: { authorization: `Bearer ${await tokenOf('cleo')}` },
  })
  assert.equal(said(alone), '401 device_certificate_required')
  assert.equal(await statusOf(other), 200)
})

test("what is not the user's is not there: of another user, of another app, of nobody", async () => {
  const phone = await phoneOfUser('dora')
  const token = await tokenOf('dora')
  const foreign = [
    (await phoneOfUser('eve')).issued.deviceId,
    (await phoneOfUser('dora', 'second')).issued.deviceId,
    (await enroll(deployment)).issued.deviceId,
    'dev_none',
    '../approvals',
    '\u0000',
  ]
  for (const deviceId of foreign) {
    const answer = await end(phone, deviceId, token)
    assert.match(said(answer), /^(404 not_found|400 message_malformed)$/, deviceId)
  }
  const unowned = await enroll(deployment)
  assert.equal(said(await end(unowned, phone.issued.deviceId, token)), '404 not_found')
  assert.equal(await statusOf(phone), 200)
})

test('a suspended phone ends nothing', async () => {
  const [stolen, phone] = [await phoneOfUser('fay'), await phoneOfUser('fay')]
  const { deviceId } = stolen.issued
  await deployment.admin(`/admin/v1/devices/${deviceId}/suspend`, { body: {} })
  const answer = await end(stolen, phone.issued.deviceId, await tokenOf('fay'))
  assert.match(said(answer), /^403 device_/)
  assert.equal(await statusOf(phone), 200)
  // Its user ends it all the same.
  assert.equal((await end(phone, deviceId, await tokenOf('fay'))).status, 200)
})
