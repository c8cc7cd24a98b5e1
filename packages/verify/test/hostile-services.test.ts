import assert from 'node:assert/strict'
import { once } from 'node:events'
import http from 'node:http'
import http2 from 'node:http2'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import {
  createVerifier,
  guardFetch,
  guardHttp,
  guardUpgrade,
  identityOf,
  Refusal,
  type VerifierOptions,
} from '../src/index.ts'
import { createSigner, issuer, serve, type Signer } from './support.ts'

async function setUp(t: TestContext, options: Partial<VerifierOptions> = {}) {
  const signer = await createSigner()
  const jwksUrl = await serve(t, (_request, response) => {
    response.end(JSON.stringify({ keys: [signer.jwk] }))
  })
  const gateways = [{ issuer, jwksUrl }]
  return { signer, verifier: createVerifier({ audience: 'accounts', gateways, ...options }) }
}

const jwksUrl = 'https://10.0.0.1/.well-known/jwks.json'
const gateways = [{ issuer, jwksUrl }]
const senseless: readonly [string, unknown][] = [
  ['an audience that is missing from the environment', { audience: undefined, gateways }],
  ['an audience of null', { audience: null, gateways }],
  ['a list of audiences', { audience: ['accounts'], gateways }],
  ['no gateways', { audience: 'accounts' }],
  ['a gateway without a name', { audience: 'accounts', gateways: [{ jwksUrl }] }],
  ['a gateway without keys', { audience: 'accounts', gateways: [{ issuer }] }],
  ['keys at no URL', { audience: 'accounts', gateways: [{ issuer, jwksUrl: 'data:,{}' }] }],
  ['a tolerance in words', { audience: 'accounts', gateways, clockToleranceSeconds: '5 years' }],
  ['a tolerance of years', { audience: 'accounts', gateways, clockToleranceSeconds: 1e9 }],
  ['an age in words', { audience: 'accounts', gateways, maxAgeSeconds: '60 years' }],
  ['an age without end', { audience: 'accounts', gateways, maxAgeSeconds: Infinity }],
  ['a memory of no number', { audience: 'accounts', gateways, maxRemembered: Number.NaN }],
  ['a replay of another word', { audience: 'accounts', gateways, replay: 'off' }],
]
for (const [what, options] of senseless) {
  test(`a service does not start with ${what}`, () => {
    assert.throws(() => createVerifier(options as VerifierOptions), TypeError)
  })
}

// The order of P-256 (SEC 2 §2.4.2): with r and s, r and order − s are a signature as well.
const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n

test('an assertion under another signature of the same key is the same one', async (t) => {
  const { signer, verifier } = await setUp(t)
  const assertion = await signer.assertion()
  await verifier.verify({ method: 'GET', target: '/', assertion })
  const [header, payload, signature = ''] = assertion.split('.')
  const bytes = Buffer.from(signature, 'base64url')
  const other = order - BigInt(`0x${bytes.subarray(32).toString('hex')}`)
  bytes.write(other.toString(16).padStart(64, '0'), 32, 'hex')
  const again = `${header}.${payload}.${bytes.toString('base64url')}`
  await assert.rejects(verifier.verify({ method: 'GET', target: '/', assertion: again }), {
    code: 'assertion_replayed',
  })
})

test('an assertion has one form: bits that mean nothing are refused', async (t) => {
  const { signer, verifier } = await setUp(t)
  const assertion = await signer.assertion()
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  const last = alphabet[alphabet.indexOf(assertion.at(-1) ?? '') + 1] ?? ''
  const other = assertion.slice(0, -1) + last
  await assert.rejects(verifier.verify({ method: 'GET', target: '/', assertion: other }), {
    code: 'assertion_invalid',
  })
})

test('what is remembered is forgotten, whatever an assertion says of its own end', async (t) => {
  let ahead = 0
  const now = () => Date.now() + ahead
  const { signer, verifier } = await setUp(t, { maxRemembered: 1, now })
  const verify = async (claims: Record<string, unknown> = {}) => {
    const assertion = await signer.assertion({ claims, issued: ahead / 1_000 })
    return verifier.verify({ method: 'GET', target: '/', assertion })
  }
  await verify({ exp: 253_402_300_799 })
  await assert.rejects(verify(), { code: 'replay_memory_full' })
  ahead = 67_000
  await verify()
})

test('a clock that was set back does not keep a service from its keys', async (t) => {
  const signer = await createSigner()
  let isAway = true
  const url = await serve(t, (_request, response) => {
    if (isAway) response.destroy()
    else response.end(JSON.stringify({ keys: [signer.jwk] }))
  })
  let ahead = 3_600_000
  const verifier = createVerifier({
    audience: 'accounts',
    gateways: [{ issuer, jwksUrl: url }],
    now: () => Date.now() + ahead,
  })
  const verify = async () => {
    const assertion = await signer.assertion({ issued: ahead / 1_000 })
    return verifier.verify({ method: 'GET', target: '/', assertion })
  }
  await assert.rejects(verify(), { code: 'keys_unavailable' })
  isAway = false
  ahead = 0
  await verify()
})

type Asked = { readonly onWire: string; readonly status: number }
const onTheWire: readonly Asked[] = [
  { onWire: "/v1/users?name=O'Brien", status: 200 },
  { onWire: "/v1/users?name=O'Brien&x=%27", status: 403 },
  { onWire: '/v1/users?name=O%27Brien', status: 200 },
  { onWire: '/v1/users?', status: 200 },
  { onWire: '/v1/%2Fusers//a;b=1?b=2&a=1', status: 200 },
  { onWire: '/v1/%2e%2e/admin', status: 403 },
]
for (const { onWire, status } of onTheWire) {
  test(`a WHATWG service answers ${onWire} with ${status}`, async (t) => {
    const { signer, verifier } = await setUp(t)
    const handle = guardFetch(verifier, () => new Response('served'))
    const headers = { 'sallyport-assertion': await signer.assertion({ target: onWire }) }
    const answer = await handle(new Request(`http://service.internal${onWire}`, { headers }))
    assert.equal(answer.status, status)
  })
}

const differently: readonly [string, string][] = [
  ['/v1/a?x=1&y=2', '/v1/a?y=2&x=1'],
  ['/v1/a/b', '/v1/a%2Fb'],
  ['/v1/a/b', '/v1//a/b'],
  ['/v1/a', '/v1/a;admin=1'],
  ['/v1/a', '/v1/A'],
  ['/v1/a', '/v1/a?'],
  ['/v1/a', 'http://service.internal/v1/a'],
]
test('another spelling of a path on its way to the service is another path', async (t) => {
  const { signer, verifier } = await setUp(t)
  const url = new URL(
    await serve(
      t,
      guardHttp(verifier, (_request, response) => response.end()),
    ),
  )
  const ask = (path: string, assertion: string) =>
    new Promise<number | undefined>((resolve, reject) => {
      const { hostname, port } = url
      const headers = { 'Sallyport-Assertion': assertion }
      const request = http.request({ hostname, port, path, headers, agent: false })
      request.on('error', reject)
      request.on('response', (response) => resolve(response.resume().statusCode))
      request.end()
    })
  for (const [target, path] of differently) {
    assert.equal(await ask(path, await signer.assertion({ target })), 403, path)
    assert.equal(await ask(path, await signer.assertion({ target: path })), 200, path)
  }
})

test('fields that only look like the assertion are none, and two of it are one too many', async (t) => {
  const { signer, verifier } = await setUp(t)
  const url = await serve(
    t,
    guardHttp(verifier, (_request, response) => response.end()),
  )
  const assertion = await signer.assertion()
  const ask = async (headers: [string, string][]) => (await fetch(url, { headers })).json()
  const missing = { code: 'assertion_missing' }
  for (const name of ['sallyport_assertion', 'x-sallyport-assertion', 'sallyport-assertion-1']) {
    assert.partialDeepStrictEqual(await ask([[name, assertion]]), missing)
  }
  const twice: [string, string][] = [
    ['sallyport-assertion', assertion],
    ['SALLYPORT-ASSERTION', assertion],
  ]
  assert.partialDeepStrictEqual(await ask(twice), { code: 'assertion_invalid' })
})

test('a service of HTTP/2 refuses and serves, and Node has nothing to warn of', async (t) => {
  const { signer, verifier } = await setUp(t)
  const warnings: string[] = []
  const note = ({ message }: Error) => warnings.push(message)
  process.on('warning', note)
  t.after(() => process.off('warning', note))
  const guard = guardHttp(verifier, (request, response) => {
    response.end(identityOf(request).device?.id)
  })
  const server = http2.createServer(guard as unknown as Parameters<typeof http2.createServer>[0])
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  const client = http2.connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  t.after(() => client.destroy())
  const ask = async (fields: http2.OutgoingHttpHeaders) => {
    const stream = client.request({ ':path': '/v1/a', ...fields })
    const [head] = (await once(stream, 'response')) as [http2.IncomingHttpHeaders]
    stream.resume()
    await once(stream, 'end')
    return head[':status']
  }
  const target = '/v1/a'
  assert.equal(await ask({}), 403)
  assert.equal(await ask({ 'sallyport-assertion': await signer.assertion({ target }) }), 200)
  const both = [await signer.assertion({ target }), await signer.assertion({ target })]
  assert.equal(await ask({ 'sallyport-assertion': both }), 403)
  await new Promise((resolve) => setImmediate(resolve))
  assert.deepEqual(warnings, [])
})

async function upgradeOf(url: string, signer: Signer | undefined): Promise<string> {
  const headers: Record<string, string> = { connection: 'Upgrade', upgrade: 'websocket' }
  if (signer !== undefined) {
    headers['sallyport-assertion'] = await signer.assertion({ target: '/socket' })
  }
  const request = http.get(`${url}/socket`, { headers, agent: false })
  return new Promise((resolve, reject) => {
    request.on('error', reject)
    request.on('upgrade', (response, socket) => {
      socket.destroy()
      resolve(`${response.statusCode} ${String(response.headers['x-device'])}`)
    })
    request.on('response', (response) => {
      response.resume()
      resolve(`${response.statusCode} ${String(response.headers['content-type'])}`)
    })
  })
}

test('a WebSocket is opened with an assertion alone', async (t) => {
  const refused: string[] = []
  const { signer, verifier } = await setUp(t, { onRefused: ({ code }) => refused.push(code) })
  const guarded = guardHttp(verifier, (_request, response) => response.end())
  const server = http.createServer(guarded)
  server.on(
    'upgrade',
    guardUpgrade(verifier, (request, socket, _head, identity) => {
      assert.equal(identityOf(request), identity)
      const answer = `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n`
      socket.end(`${answer}X-Device: ${identity.device?.id}\r\n\r\n`)
    }),
  )
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  assert.equal(await upgradeOf(url, undefined), '403 application/problem+json')
  assert.equal(await upgradeOf(url, signer), '101 dev_1')
  assert.deepEqual(refused, ['assertion_missing'])
})

test('a place to log that breaks lets nothing through, and changes no refusal', async (t) => {
  const broken = (): never => {
    throw new Error('the log is full')
  }
  const { verifier } = await setUp(t, { onRefused: broken })
  const asked = verifier.verify({ method: 'GET', target: '/', assertion: undefined })
  await assert.rejects(asked, (error) => error instanceof Refusal && error.status === 403)
  const url = await serve(
    t,
    guardHttp(verifier, (_request, response) => response.end('served')),
  )
  assert.equal((await fetch(url)).status, 403)
})
