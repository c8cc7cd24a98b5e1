import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { AuditRow } from '../../src/audit/audit-log.ts'
import { type Deployment, deploy } from '../fixture/deployment.ts'
import {
  audience,
  type IdentityProvider,
  identityProvider,
  issuer,
} from '../fixture/identity-provider.ts'
import { enrollForUser } from '../fixture/user-phone.ts'

// A subject is unique within its provider alone: two people have the same one at two of them.

const subject = '1001'
const partner = 'https://partner.example.com'
let provider: IdentityProvider
let deployment: Deployment
before(async () => {
  provider = await identityProvider()
  const app = (name: string) => `
    insecureDevelopmentDevices: true
    enrollment: { evidence: [development], user: { mode: required, provider: ${name} } }`
  const known = (iss: string) =>
    `{ issuer: '${iss}', audience: '${audience}', jwksFile: '${provider.file}' }`
  deployment = await deploy({
    apps: `
  wallet:${app('corp')}
  bank:${app('partner')}
identityProviders:
  corp: ${known(issuer)}
  partner: ${known(partner)}
`,
    authority: '  privacy: { users: plain }\n',
  })
})
after(async () => {
  await deployment.close()
  await provider.close()
})

const enroll = async (appId: string, iss: string) =>
  enrollForUser(deployment, {
    accessToken: await provider.token({ subject, issuer: iss }),
    appId,
    phoneId: `phone-of-${appId}`,
  })
const idAt = async (name: string): Promise<string> =>
  (await deployment.admin('/admin/v1/users/find', { body: { subject, provider: name } })).body
    .users[0].id
const askedOf = async (name: string, verb: 'export' | 'forget', body: object = {}) =>
  deployment.admin(`/admin/v1/users/${await idAt(name)}/${verb}`, { body })

test('who has the same subject at another provider is neither told of nor forgotten with a user', async () => {
  const [ours, theirs] = [await enroll('wallet', issuer), await enroll('bank', partner)]
  const { tables, audit } = (await askedOf('corp', 'export')).body
  assert.deepEqual(
    tables.devices.map(({ id }: { id: string }) => id),
    [ours.issued.deviceId],
  )
  assert.ok(!JSON.stringify({ tables, audit }).includes(theirs.issued.deviceId))

  const { body } = await askedOf('corp', 'forget', { revoke: true })
  assert.deepEqual([body.devices, body.revoked], [1, 1], JSON.stringify(body))
  const left = (await askedOf('partner', 'export')).body
  assert.equal(left.tables.devices.length, 1)
  assert.equal(left.tables.devices[0].status, 'active')
  const named = (left.audit as AuditRow[]).map(({ detail }) => detail['subject'])
  assert.ok(named.includes(subject), JSON.stringify(named))
})

test('who is called as another one is stored is stored as somebody else', async () => {
  const id = await idAt('partner')
  const accessToken = await provider.token({ subject: id })
  const { deviceId } = (await enrollForUser(deployment, { accessToken })).issued
  const { tables } = (await askedOf('partner', 'export')).body
  assert.equal(tables.devices.length, 1)
  const { body } = await deployment.admin(`/admin/v1/devices?userSubject=${id}`)
  assert.deepEqual(
    body.devices.map((device: { id: string }) => device.id),
    [deviceId],
  )
})

test('subjects that no store keeps as they are stay those of different people', async () => {
  // Half of a surrogate pair each: as UTF-8 they are one and the same.
  const subjects = ['half \ud800', 'half \ud801', 'nul \u0000']
  const ids: string[] = []
  for (const name of subjects) {
    const accessToken = await provider.token({ subject: name })
    const phone = await enrollForUser(deployment, { accessToken, phoneId: 'the-same-phone' })
    ids.push(phone.issued.deviceId)
  }
  for (const id of ids) {
    const { device } = (await deployment.admin(`/admin/v1/devices/${id}`)).body
    assert.equal(device.status, 'active')
    assert.match(device.userSubject, /^hashed:/)
  }
})
