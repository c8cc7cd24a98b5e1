import assert from 'node:assert/strict'
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { type TestContext, test } from 'node:test'
import fastify from 'fastify'
import {
  createVerifier,
  guardConnect,
  guardFetch,
  guardHttp,
  identityOf,
  onRequest,
  type Refusal,
  refusalCodes,
} from '../src/index.ts'
import { createSigner, issuer, serve } from './support.ts'

async function setUp(t: TestContext) {
  const signer = await createSigner()
  const jwksUrl = await serve(t, (_request, response) => {
    response.end(JSON.stringify({ keys: [signer.jwk] }))
  })
  const refused: Refusal[] = []
  const verifier = createVerifier({
    audience: 'accounts',
    gateways: [{ issuer, jwksUrl }],
    onRefused: (refusal) => refused.push(refusal),
  })
  return { signer, verifier, refused }
}

/** What every shape of service must do alike, whoever it is that is asked. */
async function checkService(
  ask: (target: string, init?: RequestInit) => Promise<Response>,
  { signer, refused }: Awaited<ReturnType<typeof setUp>>,
): Promise<void> {
  const target = '/v1/accounts/1?x=1'
  const assertion = await signer.assertion({ method: 'POST', target })
  const headers = { 'sallyport-assertion': assertion, 'content-type': 'text/plain' }
  const answer = await ask(target, { method: 'POST', headers, body: 'content' })
  assert.equal(answer.status, 200)
  assert.deepEqual(await answer.json(), { device: 'dev_1', user: 'alice' })

  for (const init of [{}, { headers }, { method: 'POST', headers, body: 'again' }]) {
    const refusal = await ask(target, init)
    assert.equal(refusal.status, 403)
    assert.match(refusal.headers.get('content-type') ?? '', /^application\/problem\+json\b/)
    assert.equal(refusal.headers.get('cache-control'), 'no-store')
    await refusal.json()
  }
  assert.deepEqual(
    refused.splice(0).map(({ code }) => code),
    ['assertion_missing', 'assertion_mismatch', 'assertion_replayed'],
  )
}

const tell = (request: object) => {
  const { device, user } = identityOf(request)
  return JSON.stringify({ device: device?.id, user: user?.subject })
}

test('a service of node:http', async (t) => {
  const world = await setUp(t)
  const url = await serve(
    t,
    guardHttp(world.verifier, (request, response) => {
      request.resume()
      response.end(tell(request))
    }),
  )
  await checkService((target, init) => fetch(url + target, init), world)
})

// What Express and Connect do: middleware in a row, and a mount point that cuts off its prefix.
function mounted(
  prefix: string,
  guard: ReturnType<typeof guardConnect>,
  handler: RequestListener,
): RequestListener {
  return (request: IncomingMessage & { originalUrl?: string }, response: ServerResponse) => {
    request.originalUrl = request.url ?? ''
    request.url = request.originalUrl.slice(prefix.length)
    void guard(request, response, (error) => {
      if (error !== undefined) response.writeHead(500).end()
      else handler(request, response)
    })
  }
}

test('middleware of Express, below a mount point', async (t) => {
  const world = await setUp(t)
  const listener = mounted('/v1', guardConnect(world.verifier), (request, response) => {
    assert.equal(request.url, '/accounts/1?x=1')
    request.resume()
    response.end(tell(request))
  })
  const url = await serve(t, listener)
  await checkService((target, init) => fetch(url + target, init), world)
})

test('a hook of Fastify, which rewrites its URLs', async (t) => {
  const world = await setUp(t)
  const app = fastify({
    rewriteUrl: (request) => (request.url ?? '').replace('/v1', ''),
  })
  t.after(() => app.close())
  app.addHook('onRequest', onRequest(world.verifier))
  app.post('/accounts/:id', (request, reply) => reply.send(tell(request.raw)))
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  await checkService((target, init) => fetch(url + target, init), world)
})

test('a handler of WHATWG requests', async (t) => {
  const world = await setUp(t)
  const handle = guardFetch(world.verifier, (request, identity) => {
    assert.equal(identityOf(request), identity)
    return new Response(tell(request))
  })
  await checkService(
    (target, init) => handle(new Request(`http://service.internal${target}`, init)),
    world,
  )
})

test('a handler without a guard has no identity to go on with', () => {
  assert.throws(() => identityOf({}), TypeError)
})

test('every refusal has a code that a service can handle', () => {
  assert.equal(new Set(refusalCodes).size, 8)
})
