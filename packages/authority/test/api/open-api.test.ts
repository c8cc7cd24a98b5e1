import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Validator } from '@seriousme/openapi-schema-validator'
import { devicePaths, gatewayPaths } from '@sallyport/wire'
import { type Deployment, deploy } from '../fixture/deployment.ts'

let deployment: Deployment
// oxlint-disable-next-line typescript/no-explicit-any -- a description, walked through
let description: any
before(async () => {
  deployment = await deploy()
  const answer = await deployment.admin('/admin/v1/openapi.json')
  assert.equal(answer.status, 200, answer.text)
  description = answer.body
})
after(() => deployment.close())

const operations = () =>
  Object.entries<Record<string, { operationId?: string; summary?: string; security?: object[] }>>(
    description.paths,
  ).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, ...operation })),
  )

test('every route of every API is described, and nothing else', () => {
  const described = operations().map(({ method, path }) => `${method.toUpperCase()} ${path}`)
  assert.deepEqual(described.sort(), [...routes].sort())
})

test('the description is OpenAPI 3.1, as its own schema has it', async () => {
  const { valid, errors } = await new Validator().validate(structuredClone(description))
  assert.ok(valid, JSON.stringify(errors))
})

test('a message that several operations have stands in it once, and every reference leads to one', () => {
  const { schemas } = description.components
  const references = new Set(
    [...JSON.stringify(description).matchAll(/"#\/components\/schemas\/(\w+)"/g)].map(
      ([, name]) => name,
    ),
  )
  assert.deepEqual([...references].sort(), Object.keys(schemas).sort())
  assert.ok(references.has('Device') && references.has('Problem'))
})

test('every operation has an id of its own, a summary and a way to authenticate', () => {
  const ids = operations().map(({ operationId }) => operationId)
  assert.equal(new Set(ids).size, ids.length)
  for (const { path, operationId, summary, security } of operations()) {
    assert.ok(operationId && summary && security?.length === 1, path)
  }
})

test('each described route answers, and not with "no such route"', async () => {
  for (const { method, path } of operations()) {
    const isDevice = /^\/(device|oauth|oidc)\//.test(path)
    const options = { method: method.toUpperCase(), headers: {} }
    const at = path.replaceAll(/\{[^}]+\}/g, '1')
    const answer = await (isDevice ? deployment.device(at, options) : deployment.admin(at, options))
    assert.notEqual(answer.body.detail, 'There is no such route', path)
    const isSignIn = path === '/admin/v1/sign-in'
    const expected = path === devicePaths.tokenKeys ? [200] : isSignIn ? [404] : [400, 401, 415]
    assert.ok(expected.includes(answer.status), `${path} ${answer.text}`)
  }
})

const routes = [
  `POST ${devicePaths.challenges}`,
  `POST ${devicePaths.certificates}`,
  `POST ${devicePaths.renewals}`,
  `GET ${devicePaths.me}`,
  `GET ${devicePaths.devices}`,
  `DELETE ${devicePaths.devices}/{id}`,
  `GET ${devicePaths.approvals}`,
  `POST ${devicePaths.approvals}/{id}`,
  `POST ${devicePaths.diagnose}`,
  `POST ${devicePaths.tokens}`,
  `GET ${devicePaths.tokenKeys}`,
  'POST /oauth/v1/revoke',
  'POST /oidc/v1/backchannel-logout/{provider}',
  `GET ${gatewayPaths.snapshot}`,
  `GET ${gatewayPaths.feed}`,
  `GET ${gatewayPaths.feedKeys}`,
  `POST ${gatewayPaths.reports}`,
  ...[
    'GET devices',
    'GET devices/{id}',
    'GET devices/{id}/appraisals',
    'GET appraisals/{id}',
    'GET appraisals/{id}/evidence',
    'GET attestation/report',
    'GET attestation/status',
    'GET attestation/listed-devices',
    'POST attestation/refresh',
    'GET sign-in',
    'POST sessions',
    'POST sessions/end',
    'GET whoami',
    'GET proposals',
    'POST proposals/{id}/agree',
    'POST proposals/{id}/decline',
    'POST attestation/status-list/accept',
    'POST devices/{id}/suspend',
    'POST devices/{id}/resume',
    'POST devices/{id}/revoke',
    'GET certificates',
    'POST certificates/refuse',
    'GET certificates/{id}',
    'GET certificates/{id}/status',
    'POST certificates/{id}/revoke',
    'GET enrollment-tokens',
    'POST enrollment-tokens',
    'POST enrollment-tokens/{id}/revoke',
    'GET approvals',
    'POST approvals/{id}/approve',
    'POST approvals/{id}/deny',
    'GET invalidations',
    'POST invalidations',
    'GET blocks',
    'POST lifts',
    'GET revocation-lists',
    'POST revocation-lists',
    'GET feed',
    'GET feed/keys',
    'POST feed/keys/replace',
    'GET feed/unconfirmed',
    'POST feed/unconfirmed/confirm',
    'POST feed/unconfirmed/drop',
    'GET gateways',
    'POST gateways/{name}/revoke',
    'GET shadow/report',
    'GET issuers',
    'POST issuers',
    'POST issuers/import',
    'POST issuers/{id}/withdraw',
    'POST roots/{kind}/import',
    'GET changes/{seq}/receipts',
    'GET audit',
    'GET audit/chains',
    'GET audit/checkpoints',
    'POST audit/checkpoints',
    'POST users/find',
    'POST users/{id}/export',
    'POST users/{id}/forget',
    'GET webhooks',
    'POST webhooks/{name}/test',
    'POST webhooks/{name}/retry',
    'POST webhooks/{name}/disable',
    'POST webhooks/{name}/enable',
    'GET decisions/{id}',
    'GET handshakes',
    'GET admin-tokens',
    'POST admin-tokens',
    'POST admin-tokens/{id}/revoke',
    'GET mdm/credentials',
    'POST mdm/credentials',
    'POST mdm/credentials/{id}/revoke',
    'GET acme/credentials',
    'POST acme/credentials',
    'POST acme/credentials/{id}/revoke',
    'GET acme/service-certificates',
    'POST acme/service-certificates/{id}/revoke',
    'GET openapi.json',
  ].map((route) => route.replace(' ', ' /admin/v1/')),
]
