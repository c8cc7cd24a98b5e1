import assert from 'node:assert/strict'
import { Agent } from 'node:https'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Role, roles } from '../../src/admin/roles.ts'
import { type Deployment, deploy } from '../fixture/deployment.ts'
import { reportOf } from '../fixture/gateway.ts'
import { enroll } from '../fixture/phone.ts'

const unknown = 'nothing-of-this-name'
/** What one address may call without end (admin-guard.ts). */
const callsPerSecond = 50

/** For whoever has no token yet; and what ends the token that asks: test/admin/sign-in.test.ts. */
const openRoutes = ['GET /sign-in', 'POST /sessions', 'POST /sessions/end']

/** Every route of the admin listener, the least role for it, and what its answer is where the role suffices. */
const routes: { method?: 'POST'; path: string; role: Role; status: number; body?: object }[] = [
  { path: '/devices', role: 'viewer', status: 200 },
  { path: '/devices/{id}', role: 'viewer', status: 404 },
  { path: '/devices/{id}/suspend', role: 'support', status: 404, body: {} },
  { path: '/devices/{id}/resume', role: 'support', status: 404, body: {} },
  { path: '/devices/{id}/revoke', role: 'operator', status: 404, body: {} },
  { path: '/devices/{id}/appraisals', role: 'viewer', status: 404 },
  { path: '/appraisals/{id}', role: 'viewer', status: 404 },
  { path: '/appraisals/{id}/evidence', role: 'support', status: 404 },
  { path: '/attestation/report', role: 'viewer', status: 200 },
  { path: '/certificates/{id}', role: 'viewer', status: 404 },
  { path: '/certificates/{id}/status', role: 'viewer', status: 404 },
  { path: '/certificates/{id}/revoke', role: 'operator', status: 404, body: {} },
  { path: '/certificates', role: 'viewer', status: 200 },
  { path: '/certificates/refuse', role: 'operator', status: 400, body: {} },
  { path: '/enrollment-tokens', role: 'viewer', status: 200 },
  { path: '/enrollment-tokens', role: 'support', status: 201, body: { appId: 'wallet' } },
  { path: '/enrollment-tokens/{id}/revoke', role: 'support', status: 404, body: {} },
  { path: '/approvals', role: 'viewer', status: 200 },
  { path: '/approvals/{id}/approve', role: 'support', status: 404, body: {} },
  { path: '/approvals/{id}/deny', role: 'support', status: 404, body: {} },
  { path: '/invalidations', role: 'viewer', status: 200 },
  { path: '/invalidations', role: 'support', status: 400, body: {} },
  { path: '/blocks', role: 'viewer', status: 200 },
  { path: '/lifts', role: 'support', status: 400, body: {} },
  { path: '/gateways', role: 'viewer', status: 200 },
  { path: '/gateways/{name}/revoke', role: 'operator', status: 404, body: {} },
  { path: '/changes/{seq}/receipts', role: 'viewer', status: 404 },
  { path: '/shadow/report', role: 'viewer', status: 200 },
  { path: '/issuers', role: 'viewer', status: 200 },
  { path: '/revocation-lists', role: 'viewer', status: 200 },
  { path: '/revocation-lists', role: 'admin', status: 400, body: { list: 'AAAA' } },
  { path: '/issuers', role: 'admin', status: 404, body: { appId: 'unknown' } },
  { path: '/issuers/import', role: 'admin', status: 409, body: { certificate: '' } },
  { path: '/issuers/{id}/withdraw', role: 'admin', status: 400, body: {} },
  { path: '/roots/{kind}/import', role: 'admin', status: 400, body: { certificate: '' } },
  { path: '/audit', role: 'viewer', status: 200 },
  { path: '/audit/chains', role: 'viewer', status: 200 },
  { path: '/audit/checkpoints', role: 'viewer', status: 200 },
  { path: '/audit/checkpoints', role: 'operator', body: {}, status: 200 },
  { path: '/webhooks', role: 'viewer', status: 200 },
  { path: '/webhooks/{name}/test', role: 'operator', status: 404, body: {} },
  { path: '/webhooks/{name}/retry', role: 'operator', status: 404, body: {} },
  { path: '/webhooks/{name}/disable', role: 'admin', status: 404, body: {} },
  { path: '/webhooks/{name}/enable', role: 'admin', status: 404, body: {} },
  { path: '/decisions/{id}', role: 'viewer', status: 200 },
  { path: '/handshakes', role: 'viewer', status: 200 },
  { path: '/admin-tokens', role: 'admin', status: 200 },
  { path: '/admin-tokens', role: 'admin', status: 201, body: { label: 'x', role: 'viewer' } },
  { path: '/admin-tokens/{id}/revoke', role: 'admin', status: 404, body: {} },
  { path: '/attestation/status', role: 'viewer', status: 200 },
  { path: '/attestation/refresh', role: 'operator', status: 200, body: {} },
  {
    path: '/attestation/status-list/accept',
    role: 'admin',
    status: 404,
    body: { sha256: '0'.repeat(64) },
  },
  { path: '/attestation/listed-devices', role: 'viewer', status: 200 },
  { path: '/whoami', role: 'viewer', status: 200 },
  { path: '/proposals', role: 'support', status: 200 },
  { path: '/proposals/{id}/agree', role: 'support', status: 404, body: {} },
  { path: '/proposals/{id}/decline', role: 'support', status: 404, body: {} },
  { path: '/feed', role: 'viewer', status: 200 },
  { path: '/feed/keys', role: 'viewer', status: 200 },
  { path: '/feed/keys/replace', role: 'admin', status: 200, body: {} },
  { path: '/feed/unconfirmed', role: 'viewer', status: 200 },
  { path: '/feed/unconfirmed/confirm', role: 'operator', status: 200, body: {} },
  { path: '/feed/unconfirmed/drop', role: 'admin', status: 400, body: {} },
  { path: '/mdm/credentials', role: 'viewer', status: 200 },
  { path: '/mdm/credentials', role: 'operator', status: 404, body: { appId: 'wallet' } },
  { path: '/mdm/credentials/{id}/revoke', role: 'operator', status: 404, body: {} },
  { path: '/acme/credentials', role: 'viewer', status: 200 },
  { path: '/acme/credentials', role: 'operator', status: 404, body: { appId: 'wallet' } },
  { path: '/acme/credentials/{id}/revoke', role: 'operator', status: 404, body: {} },
  { path: '/acme/service-certificates', role: 'viewer', status: 200 },
  { path: '/acme/service-certificates/{id}/revoke', role: 'operator', status: 404, body: {} },
  { path: '/users/find', role: 'admin', status: 200, body: { subject: 'nobody' } },
  { path: '/users/{id}/export', role: 'admin', status: 400, body: {} },
  { path: '/users/{id}/forget', role: 'admin', status: 400, body: {} },
  { path: '/openapi.json', role: 'viewer', status: 200 },
]

const nameOf = ({ body, path }: { body?: object; path: string }) =>
  `${body === undefined ? 'GET' : 'POST'} ${path}`

let deployment: Deployment
const tokens = new Map<Role, string>()
before(async () => {
  deployment = await deploy()
  for (const role of roles) {
    const body = { label: role, role }
    const answer = await deployment.admin('/admin/v1/admin-tokens', { body })
    tokens.set(role, answer.body.token)
  }
})
after(() => deployment.close())

const call = (
  { path, body }: { path: string; body?: object },
  options: Parameters<Deployment['admin']>[1],
) => {
  const actual = path.replace('{seq}', '999999').replace(/\{\w+\}/, unknown)
  return deployment.admin(`/admin/v1${actual}`, {
    ...options,
    ...(body === undefined ? {} : { body }),
  })
}

test('the table has every route of the admin API', async () => {
  const { body } = await deployment.admin('/admin/v1/openapi.json')
  const described = Object.entries(body.paths as Record<string, object>)
    .filter(([path]) => path.startsWith('/admin/v1'))
    .flatMap(([path, methods]) =>
      Object.keys(methods).map(
        (method) => `${method.toUpperCase()} ${path.slice('/admin/v1'.length)}`,
      ),
    )
  assert.deepEqual(described.toSorted(), [...routes.map(nameOf), ...openRoutes].toSorted())
})

for (const route of routes) {
  test(`${nameOf(route)} is for ${route.role} and above, and for nobody else`, async () => {
    // All of them together are more than one address may call at once.
    await sleep((roles.length * 1_000) / callsPerSecond)
    for (const role of roles) {
      const authorization = `Bearer ${tokens.get(role)}`
      const answer = await call(route, { headers: { authorization } })
      const isEnough = roles.indexOf(role) >= roles.indexOf(route.role)
      assert.equal(answer.status, isEnough ? route.status : 403, `${role}: ${answer.text}`)
      if (!isEnough) assert.equal(answer.body.code, 'admin_role_too_low')
    }
    const strangers = [
      { headers: {} },
      { headers: { authorization: 'Basic YWRtaW46YWRtaW4=' } },
      // The certificate of a gateway opens nothing here.
      { headers: {}, ...deployment.gateway },
    ]
    for (const stranger of strangers) {
      const answer = await call(route, stranger)
      assert.equal(answer.body.code, 'admin_token_required', answer.text)
    }
  })
}

const gatewayRoutes = [
  { path: '/gateway/v1/snapshot' },
  { path: '/gateway/v1/feed' },
  { path: '/gateway/v1/reports', body: reportOf({}) },
]
for (const { path, body } of gatewayRoutes) {
  test(`${path} is for the certificate of a gateway alone`, async () => {
    const { tls } = await enroll(deployment)
    const bearer = { headers: { authorization: `Bearer ${tokens.get('admin')}` } }
    for (const credentials of [bearer, { ...bearer, ...tls }]) {
      const answer = await deployment.admin(path, {
        ...credentials,
        ...(body === undefined ? {} : { body }),
      })
      assert.equal(answer.status, 401)
      assert.equal(answer.body.code, 'gateway_certificate_required')
    }
  })
}

test('what opens the admin listener opens nothing on the others', async () => {
  const authorization = `Bearer ${tokens.get('admin')}`
  for (const path of ['/admin/v1/devices', '/gateway/v1/snapshot']) {
    const device = await deployment.device(path, { headers: { authorization } })
    assert.equal(device.status, 404)
    assert.equal((await deployment.operations(path)).status, 404)
  }
})

const forged: { name: string; of: (token: string) => string }[] = [
  { name: 'with another secret', of: (token) => token.slice(0, -4) + 'AAAA' },
  {
    name: 'with the id of another',
    of: (token) => tokens.get('viewer')?.slice(0, 30) + token.slice(30),
  },
  { name: 'without its secret', of: (token) => token.slice(0, 30) },
  { name: 'with one character more', of: (token) => `${token}A` },
  { name: 'in upper case', of: (token) => token.toUpperCase() },
  { name: 'as an enrolment token', of: (token) => token.replace('adm_', 'ent_') },
]
for (const { name, of } of forged) {
  test(`a token ${name} is none`, async () => {
    const authorization = `Bearer ${of(tokens.get('admin') ?? '')}`
    const answer = await deployment.admin('/admin/v1/devices', { headers: { authorization } })
    assert.equal(answer.status, 401)
    assert.equal(answer.body.code, 'admin_token_invalid')
  })
}

test('whoever guesses, from whatever address it claims, is stopped; who has a token is not', async () => {
  const guess = `adm_${'a'.repeat(26)}_${'d'.repeat(43)}`
  const statuses: number[] = []
  for (let index = 0; index < 40; index++) {
    const headers = {
      authorization: `Bearer ${guess}`,
      'x-forwarded-for': `192.0.2.${index}`,
      forwarded: `for=192.0.2.${index}`,
      'x-real-ip': `192.0.2.${index}`,
    }
    statuses.push((await deployment.admin('/admin/v1/devices', { headers })).status)
  }
  assert.ok(statuses.filter((status) => status === 429).length >= 10, statuses.join())
  // Over connections that are there: handshakes of their own would be slower than the limit.
  const agent = new Agent({ keepAlive: true, maxSockets: 10 })
  const unnamed = await Promise.all(
    Array.from({ length: 300 }, () =>
      deployment.admin('/admin/v1/devices', { headers: {}, agent }),
    ),
  )
  agent.destroy()
  assert.ok(unnamed.some(({ status }) => status === 429))
  const authorization = `Bearer ${tokens.get('support')}`
  const answer = await deployment.admin('/admin/v1/devices', { headers: { authorization } })
  assert.equal(answer.status, 200, 'an operator on the same machine')
})
