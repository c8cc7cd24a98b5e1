import assert from 'node:assert/strict'
import { generateKeyPairSync, X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { cp, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import http from 'node:http'
import https from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type TestContext, test } from 'node:test'
import type { TLSSocket } from 'node:tls'
import { createVerifier, guardHttp, identityOf, type RefusalCode } from '@sallyport/verify'
import { newAssertionKey, publicJwk } from '../src/assertion/key-ring.ts'
import { AssertionSigner } from '../src/assertion/sign-assertion.ts'
import { AssertionKeeper } from '../src/control/assertion-keeper.ts'
import type { GatewayRequest } from '../src/pipeline/gateway-request.ts'
import type { Log } from '../src/log/log.ts'
import { ask, askHttp2, askOnce, connect, connectHttp2, eventually } from './support/client.ts'
import { type BedOptions, startBed } from './support/gateway.ts'
import { createWorld } from './support/world.ts'

const issuer = 'spiffe://example.com/gateway/gateway-1'
const asserting = (url: string, members: Record<string, unknown> = {}): BedOptions => ({
  gateway: {
    upstreams: { service: { targets: [url], assertion: { audience: 'accounts' } } },
    keySet: { listen: '127.0.0.1:0' },
    ...members,
  },
})

/** A service that takes nothing but what came through the gateway, and says who called. */
async function startGuarded(t: TestContext, keySetUrl: () => string) {
  const refused: RefusalCode[] = []
  let handler: http.RequestListener = (_request, response) => response.end()
  const server = http.createServer((request, response) => handler(request, response))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    refused,
    guard: () => {
      const verifier = createVerifier({
        audience: 'accounts',
        gateways: [{ issuer, jwksUrl: keySetUrl() }],
        onRefused: ({ code }) => refused.push(code),
      })
      handler = guardHttp(verifier, (request, response, identity) => {
        assert.equal(identityOf(request), identity)
        request.resume()
        const assertion = request.headers['sallyport-assertion']
        response.end(JSON.stringify({ identity, assertion }))
      })
    },
  }
}

/** A gateway in front of it, which certificates are shown to by whoever likes. */
async function startGuardedBed(t: TestContext) {
  let keySetUrl = ''
  const service = await startGuarded(t, () => keySetUrl)
  const bed = await startBed(t, {
    ...asserting(service.url),
    hosts: { 'api.example.com': { clientCertificate: 'optional' } },
  })
  keySetUrl = `http://${bed.gateway.addresses.keySet}/.well-known/jwks.json`
  service.guard()
  return { service, bed }
}

test('a service learns who calls from the signed assertion, and refuses who comes around the gateway', async (t) => {
  const { service, bed } = await startGuardedBed(t)
  const device = await bed.world.device()

  const answer = await askOnce(bed, device, '/v1/accounts/1?expand=a%20b&x')
  assert.equal(answer.status, 200, answer.body)
  const { identity, assertion } = answer.json<{ identity: unknown; assertion: string }>()
  assert.deepEqual(identity, {
    gateway: issuer,
    requestId: (identity as { requestId: string }).requestId,
    device: {
      id: device.deviceId,
      app: 'wallet',
      assurance: 'tee',
      platform: 'android',
      appVersion: '2.1.0',
      isDevelopment: false,
    },
  })

  const session = await connectHttp2(bed, device)
  const second = await askHttp2(session, { ':method': 'GET', ':path': '/v1/accounts/1' })
  assert.equal(second.status, 200)
  session.destroy()

  const anonymous = await askOnce(bed, undefined, '/')
  assert.equal(anonymous.status, 200)
  assert.equal(anonymous.json<{ identity: { device?: unknown } }>().identity.device, undefined)

  const around = async (target: string, headers: Record<string, string>, method = 'GET') => {
    const response = await fetch(`${service.url}${target}`, { method, headers })
    assert.equal(response.headers.get('content-type'), 'application/problem+json')
    return [response.status, (await response.json()) as { code: string }] as const
  }
  const target = '/v1/accounts/1?expand=a%20b&x'
  const field = { 'sallyport-assertion': assertion }
  const codes = async (...args: Parameters<typeof around>) => (await around(...args))[1].code
  assert.deepEqual(await around('/', {}), [
    403,
    {
      status: 403,
      title: 'This service is reached through its gateway alone',
      code: 'assertion_missing',
    },
  ])
  assert.equal(await codes(target, field), 'assertion_replayed')
  assert.equal(await codes('/v1/accounts/2', field), 'assertion_mismatch')
  assert.equal(await codes(target, field, 'DELETE'), 'assertion_mismatch')
  assert.equal(service.refused.length, 4)
})

test('what the client says in Sallyport-Assertion reaches no service', async (t) => {
  const bed = await startBed(t, { hosts: { 'api.example.com': { clientCertificate: 'off' } } })
  const forged = ['Sallyport-Assertion: a.b.c', 'sallyport_assertion: a.b.c']
  await askOnce(bed, undefined, '/', { headers: forged })
  assert.equal(bed.service.seen.at(-1)?.['sallyport-assertion'], undefined)
  assert.equal(bed.service.seen.at(-1)?.['sallyport_assertion'], undefined)

  await bed.writeConfig({
    hosts: { 'api.example.com': { clientCertificate: 'off' } },
    ...asserting(bed.service.url, { keySet: undefined }),
  })
  await bed.gateway.reload()
  await askOnce(bed, undefined, '/', { headers: forged })
  const said = String(bed.service.seen.at(-1)?.['sallyport-assertion'])
  assert.match(said, /^[\w-]+\.[\w-]+\.[\w-]{86}$/)
  assert.equal(bed.service.seen.at(-1)?.['sallyport_assertion'], undefined)
})

test('every request has an assertion of its own, also on one connection', async (t) => {
  const bed = await startBed(t, {
    hosts: { 'api.example.com': { clientCertificate: 'off' } },
    ...asserting('http://127.0.0.1:1', { keySet: undefined }),
  })
  await bed.writeConfig({
    hosts: { 'api.example.com': { clientCertificate: 'off' } },
    ...asserting(bed.service.url, { keySet: undefined }),
  })
  await bed.gateway.reload()
  const socket = await connect(bed)
  for (let index = 0; index < 3; index++) await ask(socket, '/same')
  socket.destroy()
  const all = bed.service.seen.map((fields) => fields['sallyport-assertion'])
  assert.equal(new Set(all).size, 3)
})

test('a service verifies each path as the gateway lets it through, however it is spelled', async (t) => {
  const { service, bed } = await startGuardedBed(t)
  const spelled = [
    "/v1/users?name=O'Brien&x=%27",
    '/v1/a?',
    '/v1/a??b=1&&a=2',
    '/v1/%7Euser/%41',
    '/v1/a;b=1;c',
    '/v1/a/?q=%2F..%2F%00',
    '/v1/a?x={1}|"',
    `/v1/${'a'.repeat(4_000)}?${'b'.repeat(2_000)}`,
  ]
  const session = await connectHttp2(bed)
  for (const target of [...spelled, 'https://api.example.com/v1/a?b=1']) {
    const { status } = await askOnce(bed, undefined, target)
    assert(status === 200 || status === 400, `${target.slice(0, 60)}: ${status}`)
  }
  for (const path of spelled) {
    const { status } = await askHttp2(session, { ':path': path, ':authority': 'api.example.com' })
    assert(status === 200 || status === 400, `${path.slice(0, 60)}: ${status}`)
  }
  session.destroy()
  assert.equal((await askOnce(bed, undefined, spelled[0] ?? '')).status, 200)
  for (const method of ['DELETE', 'OPTIONS', 'PROPFIND']) {
    const { status } = await askOnce(bed, undefined, '/v1/a', { method })
    assert.equal(status, 200, method)
  }
  assert.deepEqual(service.refused, [])
})

test('the signing key is made once, private to its owner, and survives a restart', async (t) => {
  const first = await startBed(t, asserting('http://127.0.0.1:1'))
  const published = await keysOf(`${first.operations}/.well-known/jwks.json`)
  const listener = `http://${first.gateway.addresses.keySet}`
  assert.deepEqual(await keysOf(`${listener}/.well-known/jwks.json`), published)
  assert.equal(published.length, 2)
  for (const key of published) {
    assert.deepEqual(Object.keys(key).sort(), ['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y'])
  }
  for (const other of ['/', '/metrics', '/decisions/x', '/.well-known/jwks.json/x']) {
    assert.equal((await fetch(`${listener}${other}`)).status, 404)
  }
  const post = await fetch(`${listener}/.well-known/jwks.json`, { method: 'POST' })
  assert.equal(post.status, 405)
  const file = path.join(first.directory, 'state', 'assertion-keys.json')
  assert.equal((await stat(file)).mode & 0o777, 0o600)
  await first.gateway.close()
  const directory = await mkdtemp(path.join(tmpdir(), 'sallyport-assertion-'))
  t.after(() => rm(directory, { recursive: true, force: true }))
  await mkdir(path.join(directory, 'state'))
  await cp(file, path.join(directory, 'state', 'assertion-keys.json'))
  const again = await startBed(t, { ...asserting('http://127.0.0.1:1'), directory })
  assert.deepEqual(await keysOf(`${again.operations}/.well-known/jwks.json`), published)
})

test('keys rotate: the next one was published before, the previous one still is', async (t) => {
  const bed = await startBed(t, {})
  let now = Date.now()
  const used: string[] = []
  const log: Log = { debug() {}, info() {}, warn() {}, error() {} }
  const open = () =>
    new AssertionKeeper(
      path.join(bed.directory, 'keys'),
      log,
      ({ kid }) => used.push(kid),
      () => now,
    )
  const kids = (keeper: AssertionKeeper) => keeper.keySet().keys.map(({ kid }) => kid)
  const plan = { shared: undefined, rotateDays: 30 }
  const first = open()
  await first.prepare(plan)
  const [current, next] = kids(first)
  await first.close()
  now += 31 * 86_400_000
  const second = open()
  await second.prepare(plan)
  assert.equal(second.current?.kid, next)
  assert.deepEqual(kids(second).slice(2), [current])
  assert.deepEqual(used, [current, current, next])
  await second.close()

  await writeFile(path.join(bed.directory, 'keys', 'assertion-keys.json'), '{"version":1,"cur')
  const third = open()
  await third.prepare(plan)
  assert.notEqual(third.current?.kid, next)
  await third.close()
})

test('gateways can share keys: the first of the files signs, all are published', async (t) => {
  const pem = (namedCurve: string) =>
    generateKeyPairSync('ec', { namedCurve }).privateKey.export({ format: 'pem', type: 'pkcs8' })
  const bed = await startBed(t, {})
  const write = (name: string, text: string | Buffer) =>
    writeFile(path.join(bed.directory, name), text)
  await write('one.key', pem('P-256'))
  await write('two.key', pem('P-256'))
  await write('wrong.key', pem('P-384'))
  const withFiles = (...files: string[]) =>
    asserting(bed.service.url, { keySet: undefined, assertionKeys: { files } })
  await bed.writeConfig(withFiles('one.key', 'two.key'))
  await bed.gateway.reload()
  assert.equal((await keysOf(`${bed.operations}/.well-known/jwks.json`)).length, 2)
  await bed.writeConfig(withFiles('wrong.key'))
  await assert.rejects(bed.gateway.reload(), /no key that assertions can be signed with/)
  assert.equal((await keysOf(`${bed.operations}/.well-known/jwks.json`)).length, 2)
  await assert.rejects(readFile(path.join(bed.directory, 'state', 'assertion-keys.json')))
})

test('the key set is served over TLS where it is given a certificate, and takes another one', async (t) => {
  const directory = await mkdtemp(path.join(tmpdir(), 'sallyport-key-set-'))
  const world = await createWorld()
  const put = async () => {
    const { cert, key } = await world.server('localhost')
    await writeFile(path.join(directory, 'key-set.key'), key)
    await writeFile(path.join(directory, 'key-set.pem'), cert)
    return new X509Certificate(cert).fingerprint256
  }
  let shown = await put()
  const keySet = {
    listen: '127.0.0.1:0',
    certificateFile: 'key-set.pem',
    keyFile: 'key-set.key',
  }
  const bed = await startBed(t, {
    world,
    directory,
    ...asserting('http://127.0.0.1:1', { keySet }),
  })
  const port = Number(bed.gateway.addresses.keySet?.split(':').at(-1))
  const asked = async () => {
    const request = https.get({
      host: 'localhost',
      port,
      path: '/.well-known/jwks.json',
      ca: world.serviceCa,
      agent: false,
    })
    const [response] = (await once(request, 'response')) as [http.IncomingMessage]
    const certificate = (response.socket as TLSSocket).getPeerX509Certificate()
    response.resume()
    return [response.statusCode, certificate?.fingerprint256]
  }
  assert.deepEqual(await asked(), [200, shown])
  shown = await put()
  await eventually(async () => (await asked())[1] === shown, 10_000)
})

test('the assertion names the user whose token was verified', async () => {
  const key = newAssertionKey()
  const assertFor = new AssertionSigner(key).compile({ issuer, audience: 'accounts', seconds: 30 })
  const user = { provider: 'main', subject: 'alice "a"', scopes: ['accounts'], claims: { x: 1 } }
  const exchange = { method: 'CONNECT', target: '/live', requestId: 'req_1' }
  const token = assertFor({ at: Date.now(), exchange, user } as unknown as GatewayRequest)
  const directory = await mkdtemp(path.join(tmpdir(), 'sallyport-assertion-'))
  const jwksFile = path.join(directory, 'jwks.json')
  await writeFile(jwksFile, JSON.stringify({ keys: [publicJwk(key.privateKey)] }))
  const verifier = createVerifier({ audience: 'accounts', gateways: [{ issuer, jwksFile }] })
  const identity = await verifier.verify({ method: 'GET', target: '/live', assertion: token })
  await rm(directory, { recursive: true })
  assert.deepEqual(identity.user, {
    provider: 'main',
    subject: 'alice "a"',
    scopes: ['accounts'],
  })
})

async function keysOf(url: string): Promise<Record<string, string>[]> {
  const response = await fetch(url)
  assert.equal(response.status, 200)
  return ((await response.json()) as { keys: Record<string, string>[] }).keys
}
