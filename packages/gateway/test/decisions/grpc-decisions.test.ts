import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { credentials } from '@grpc/grpc-js'
import { route, startBed } from '../support/gateway.ts'
import { createWorld } from '../support/world.ts'
import { startDecisionBed } from './decision-bed.ts'
import { checkRequest, envoyClient, fieldsOf } from './envoy-client.ts'

const permissionDenied = 7

test('Envoy is told what the service gets, and which fields of the client to take off', async (t) => {
  const bed = await startDecisionBed(t)
  const device = await bed.world.device()
  const check = envoyClient(t, `unix:${bed.socket}`)
  const fields = [
    ['client-cert', ':Zm9yZ2Vk:'],
    ['sallyport-device', 'dev_forged'],
    ['x_forwarded_client_cert', 'Hash=1'],
    ['x-http-method-override', 'DELETE'],
    ['x-forwarded-for', '203.0.113.9'],
    ['accept', '*/*'],
  ] as const
  const answer = await check(checkRequest({ certificate: device.cert, fields }))
  assert.equal(answer.status.code, 0)
  const set = fieldsOf(answer.okResponse?.headers)
  assert.match(set['sallyport-device'] ?? '', new RegExp(`^${device.deviceId}; app=wallet`))
  assert.equal(set['sallyport-upstream'], 'service')
  assert.deepEqual(answer.okResponse?.headersToRemove, [
    'x_forwarded_client_cert',
    'x-http-method-override',
  ])
})

test('a refusal has the status, the fields and the problem that the client is to see', async (t) => {
  const routes = [route({ match: { path: '/v1/*', methods: ['GET'] } })]
  const hosts = { 'api.example.com': { clientCertificate: 'explain', routes } }
  const bed = await startDecisionBed(t, { hosts })
  const device = await bed.world.device()
  const check = envoyClient(t, `unix:${bed.socket}`)
  for (const [asked, status, code] of [
    [{}, 401, 'device_certificate_required'],
    [{ certificate: device.cert, method: 'POST' }, 405, 'method_not_allowed'],
    [{ certificate: device.cert, path: '/other' }, 404, 'route_not_found'],
    [{ certificate: device.cert, host: 'other.example.com' }, 421, 'misdirected_request'],
    [{ certificate: 'no certificate' }, 403, 'forwarded_certificate_invalid'],
  ] as const) {
    const { deniedResponse, status: verdict } = await check(checkRequest(asked))
    assert.equal(verdict.code, permissionDenied)
    assert.equal(deniedResponse?.status.code, status)
    const problem = JSON.parse(deniedResponse?.body ?? '') as { code: string; requestId: string }
    assert.equal(problem.code, code)
    const fields = fieldsOf(deniedResponse?.headers)
    assert.equal(fields['content-type'], 'application/problem+json')
    assert.equal(fields['x-request-id'], problem.requestId)
  }
})

test('bad call: which host is asked comes from the proxy’s configuration alone', async (t) => {
  const hosts = { 'api.example.com': { clientCertificate: 'off' } }
  const bed = await startDecisionBed(t, { hosts })
  const check = envoyClient(t, `unix:${bed.socket}`)
  assert.equal((await check(checkRequest())).status.code, 0)
  for (const asked of [
    { extensions: {} },
    { extensions: { host: 'other.example.com' }, host: 'api.example.com' },
    { extensions: { host: 'api.example.com', caller: 'nginx-edge' } },
    { scheme: 'http' },
    { path: '' },
    { method: '' },
  ]) {
    const { deniedResponse } = await check(checkRequest(asked))
    assert.equal(deniedResponse?.status.code, 503, JSON.stringify(asked))
  }
  assert.equal((await check({})).deniedResponse?.status.code, 503)
})

test('bad call: a message beyond the bound costs itself alone', async (t) => {
  const bed = await startDecisionBed(t)
  const check = envoyClient(t, `unix:${bed.socket}`)
  const fields = [['x', 'a'.repeat(300_000)]] as const
  await assert.rejects(check(checkRequest({ fields })), /RESOURCE_EXHAUSTED/)
  assert.equal((await check(checkRequest())).deniedResponse?.status.code, 401)
})

test('over TCP only callers are heard whose certificate bears a listed name', async (t) => {
  const world = await createWorld()
  const directory = await mkdtemp(path.join(tmpdir(), 'sallyport-decisions-'))
  t.after(() => rm(directory, { recursive: true, force: true }))
  const server = await world.server('localhost')
  const listed = await world.gateway('envoy-1')
  const other = await world.gateway('envoy-2')
  const at = (name: string) => path.join(directory, name)
  await writeFile(at('s.pem'), server.cert)
  await writeFile(at('s.key'), server.key)
  await writeFile(at('ca.pem'), world.serviceCa)
  const names = ['spiffe://example.com/gateway/envoy-1']
  const listen = {
    address: '127.0.0.1:0',
    certificateFile: at('s.pem'),
    keyFile: at('s.key'),
    callerCaFile: at('ca.pem'),
  }
  const callers = [
    { name: 'envoy-edge', form: 'envoy', names },
    { name: 'on-the-socket', form: 'envoy' },
  ]
  const bed = await startBed(t, {
    world,
    gateway: { workers: 2, decisions: { listen: [listen, 'unix:d.sock'], callers } },
  })
  const [, tcp] = bed.gateway.addresses.decisions
  const target = `localhost:${tcp?.split(':').at(-1)}`
  const ca = Buffer.from(world.serviceCa)
  const as = ({ cert, key }: typeof server) =>
    credentials.createSsl(ca, Buffer.from(key), Buffer.from(cert))
  const check = envoyClient(t, target, as(listed))
  const answer = await check(checkRequest())
  assert.equal(answer.deniedResponse?.status.code, 401)
  // A caller of the Unix socket cannot be claimed over TLS.
  const extensions = { host: 'api.example.com', caller: 'on-the-socket' }
  const claimed = await check(checkRequest({ extensions }))
  assert.equal(claimed.deniedResponse?.status.code, 503)
  for (const channel of [as(other), credentials.createSsl(ca), credentials.createInsecure()]) {
    await assert.rejects(envoyClient(t, target, channel)(checkRequest()), /UNAVAILABLE/)
  }
})
