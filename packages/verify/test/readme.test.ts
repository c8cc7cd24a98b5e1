import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import type { RequestListener } from 'node:http'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, test } from 'node:test'
import * as verify from '../src/index.ts'
import fastify from 'fastify'
import { runLines } from './page-lines.ts'
import { createAuthoritySigner, documentOf } from './support-authority.ts'
import { createSigner, issuer, serve } from './support.ts'

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')
const [
  setUp = '',
  nodeHttp = '',
  express = '',
  fastifyHook = '',
  koa = '',
  hono = '',
  alone = '',
  away = '',
] = [...readme.matchAll(/^```js\n(.*?)^```/gms)].map(([, code = '']) => code)

const directory = mkdtempSync(path.join(tmpdir(), 'sallyport-verify-'))
after(() => {
  rmSync(directory, { recursive: true })
})

const target = '/v1/accounts'
const signer = await createSigner()

/** The verifier as the page makes it, with the keys of a gateway that is there. */
async function verifierOf(t: Parameters<typeof serve>[0]): Promise<verify.Verifier> {
  const jwksUrl = await serve(t, (_request, response) => {
    response.end(JSON.stringify({ keys: [signer.jwk] }))
  })
  const [, call = ''] = setUp.split(/^$/m)
  const here = call.replace('https://10.0.0.1:9441/.well-known/jwks.json', jwksUrl)
  assert.ok(here.includes(issuer) && here.includes(jwksUrl))
  return (await runLines(
    here.replace('console.warn(code, why)', 'void why'),
    verify,
    'verifier',
  )) as never
}

async function check(ask: (headers: Record<string, string>) => Promise<Response>): Promise<void> {
  const answer = await ask({ 'sallyport-assertion': await signer.assertion({ target }) })
  assert.equal(await answer.text(), 'alice on dev_1')
  const refused = await ask({})
  assert.equal(refused.status, 403)
  assert.equal(((await refused.json()) as { code: string }).code, 'assertion_missing')
}

test('the page names what the package exports', () => {
  const [, names = ''] = /import \{ (.+) \} from/.exec(setUp) ?? []
  for (const name of names.split(', ')) assert.ok(Object.hasOwn(verify, name), name)
})

test('its lines for node:http work', async (t) => {
  const given = { ...verify, verifier: await verifierOf(t) }
  const url = await serve(t, (await runLines(nodeHttp, given, 'listener')) as RequestListener)
  await check((headers) => fetch(url + target, { headers }))
})

test('its lines for Express work with a row of middleware, as Express calls it', async (t) => {
  const row: ((...call: unknown[]) => unknown)[] = []
  const app = {
    use: (middleware: never) => row.push(middleware),
    get: (_path: string, handler: never) => row.push(handler),
  }
  await runLines(express, { ...verify, verifier: await verifierOf(t), app })
  const url = await serve(t, (request, response) => {
    void row[0]?.(request, response, () => row[1]?.(request, response))
  })
  await check((headers) => fetch(url + target, { headers }))
})

test('its lines for Fastify work', async (t) => {
  const app = fastify()
  t.after(() => app.close())
  await runLines(fastifyHook, { ...verify, verifier: await verifierOf(t), app })
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  await check((headers) => fetch(url + target, { headers }))
})

test('its lines for Koa work on a context of its shape', async (t) => {
  type Middleware = (context: object, next: () => Promise<void>) => Promise<void>
  const row: Middleware[] = []
  const app = { use: (middleware: Middleware) => row.push(middleware) }
  await runLines(koa, { ...verify, verifier: await verifierOf(t), app })
  await check(async (headers) => {
    const state: { caller?: verify.GatewayIdentity } = {}
    let set: Record<string, string> = {}
    const context = {
      method: 'GET',
      originalUrl: target,
      state,
      status: 200,
      body: '',
      get: (name: string) => headers[name] ?? '',
      set: (fields: Record<string, string>) => {
        set = fields
      },
    }
    await row[0]?.(context, async () => {
      context.body = `${state.caller?.user?.subject} on ${state.caller?.device?.id}`
      await Promise.resolve()
    })
    return new Response(context.body, { status: context.status, headers: set })
  })
})

test('its lines for Hono work on a context of its shape', async (t) => {
  type Context = { req: { raw: Request }; text: (text: string) => Response }
  const handlers: ((context: Context) => Response)[] = []
  const app = {
    get: (_path: string, handler: (context: Context) => Response) => handlers.push(handler),
    fetch: (raw: Request) => handlers[0]?.({ req: { raw }, text: (text) => new Response(text) }),
  }
  const given = { ...verify, verifier: await verifierOf(t), app }
  const guarded = (await runLines(hono, given, 'guarded')) as (
    request: Request,
  ) => Promise<Response>
  await check((headers) => guarded(new Request(`http://service.internal${target}`, { headers })))
})

test('its lines for tests without a gateway work', async () => {
  const caller = (await runLines(
    alone.replaceAll('gateway-keys.json', path.join(directory, 'keys.json')),
    verify,
    'caller',
  )) as verify.GatewayIdentity
  assert.equal(caller.user?.subject, 'alice')
  assert.equal(caller.device?.platform, 'ios')
})

test('what a service tells of an authority that is away', async (t) => {
  const authority = await createAuthoritySigner()
  const told: string[] = []
  const given = {
    createVerifier: verify.createVerifier,
    console: { warn: (word: unknown) => told.push(String(word)) },
  }
  const keysFile = path.join(directory, 'feed-keys.json')
  const cacheFile = path.join(directory, 'gateway-keys.jws')
  writeFileSync(keysFile, JSON.stringify({ keys: [authority.jwk] }))
  writeFileSync(cacheFile, await documentOf(authority, { [issuer]: [signer.jwk] }))
  const here = away
    .replace('http://status.example.com', 'http://127.0.0.1:1')
    .replace('feed-keys.json', keysFile)
    .replace('gateway-keys.jws', cacheFile)
  const { following, health } = (await runLines(
    here,
    given,
    '{ following, health: { state } }',
  )) as {
    following: verify.Verifier
    health: Partial<verify.KeysHealth>
  }
  t.after(() => following.close())
  assert.equal(health.state, 'unavailable')
  const assertion = await signer.assertion({ target })
  await following.verify({ method: 'GET', target, assertion })
  assert(
    told.some((word) => /^keys of gateways: stale, good for [0-9]+ s$/.test(word)),
    told.join('\n'),
  )
})
