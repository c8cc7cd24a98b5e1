import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { movableClock } from '../fixture/clock.ts'
import { type Deployment, deploy } from '../fixture/deployment.ts'
import { enroll } from '../fixture/phone.ts'

const clock = movableClock()
let deployment: Deployment
let deviceId: string
before(async () => {
  deployment = await deploy({ now: clock.now })
  deviceId = (await enroll(deployment)).issued.deviceId
})
after(() => deployment.close())

async function tokenOf(role: string, lifetimeSeconds = 3_600) {
  const body = { label: `test ${role}`, role, lifetimeSeconds }
  const answer = await deployment.admin('/admin/v1/admin-tokens', { body })
  assert.equal(answer.status, 201, answer.text)
  return answer.body as { token: string; adminToken: { id: string } }
}

const as = (token: string, path: string, body?: object) =>
  deployment.admin(path, {
    headers: { authorization: `Bearer ${token}` },
    ...(body === undefined ? {} : { body }),
  })

test('without a token, or with one that is none, nothing is told', async () => {
  const none = await deployment.admin('/admin/v1/devices', { headers: {} })
  assert.equal(none.status, 401)
  assert.equal(none.body.code, 'admin_token_required')
  const made = await as(`adm_${'a'.repeat(26)}_${'b'.repeat(43)}`, '/admin/v1/devices')
  assert.equal(made.status, 401)
  assert.equal(made.body.code, 'admin_token_invalid')
})

const permissions: { role: string; what: string; path: string; body?: object; status: number }[] = [
  { role: 'viewer', what: 'list devices', path: 'devices', status: 200 },
  { role: 'viewer', what: 'suspend', path: 'devices/ID/suspend', body: {}, status: 403 },
  {
    role: 'viewer',
    what: 'make an enrolment token',
    path: 'enrollment-tokens',
    body: { appId: 'wallet' },
    status: 403,
  },
  {
    role: 'support',
    what: 'make an enrolment token',
    path: 'enrollment-tokens',
    body: { appId: 'wallet' },
    status: 201,
  },
  { role: 'support', what: 'suspend', path: 'devices/ID/suspend', body: {}, status: 200 },
  { role: 'support', what: 'revoke', path: 'devices/ID/revoke', body: {}, status: 403 },
  { role: 'operator', what: 'revoke', path: 'devices/ID/revoke', body: {}, status: 200 },
  { role: 'operator', what: 'list admin tokens', path: 'admin-tokens', status: 403 },
  { role: 'admin', what: 'list admin tokens', path: 'admin-tokens', status: 200 },
]

for (const { role, what, path, body, status } of permissions) {
  test(`to ${what}, role ${role} is answered with ${status}`, async () => {
    const { token } = await tokenOf(role)
    const answer = await as(token, `/admin/v1/${path.replace('ID', deviceId)}`, body)
    assert.equal(answer.status, status, answer.text)
    if (status === 403) assert.equal(answer.body.code, 'admin_role_too_low')
  })
}

test('a token that was revoked, or has expired, counts no more', async () => {
  const revoked = await tokenOf('viewer')
  const path = `/admin/v1/admin-tokens/${revoked.adminToken.id}/revoke`
  await deployment.admin(path, { body: {} })
  assert.equal((await as(revoked.token, '/admin/v1/devices')).body.found, 'revoked')
  const expiring = await tokenOf('viewer', 60)
  clock.moveMinutes(2)
  assert.equal((await as(expiring.token, '/admin/v1/devices')).body.found, 'expired')
})

test('the list of tokens does not hold their texts', async () => {
  const { token, adminToken } = await tokenOf('viewer')
  const { text, body } = await deployment.admin('/admin/v1/admin-tokens')
  assert.ok(body.adminTokens.some(({ id }: { id: string }) => id === adminToken.id))
  assert.ok(!text.includes(token.slice(31)))
})

test('an address that guesses tokens is stopped', async () => {
  const made = `adm_${'a'.repeat(26)}_${'c'.repeat(43)}`
  const codes: string[] = []
  for (let guess = 0; guess < 30; guess++) {
    codes.push((await as(made, '/admin/v1/devices')).body.code)
  }
  const last = await as(made, '/admin/v1/devices')
  assert.ok(codes.includes('too_many_requests'), codes.join())
  assert.equal(last.status, 429)
  assert.ok(Number(last.headers['retry-after']) >= 1)
})
