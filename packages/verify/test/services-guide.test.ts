import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import * as verify from '../src/index.ts'
import { runLines } from './page-lines.ts'
import { createAuthoritySigner, documentOf } from './support-authority.ts'
import { createSigner, issuer, serve } from './support.ts'

const page = readFileSync(new URL('../../../../docs/guide/services.md', import.meta.url), 'utf8')
const [lines = ''] = [...page.matchAll(/^```js\n(.*?)^```/gms)].map(([, code = '']) => code)
const directory = mkdtempSync(path.join(tmpdir(), 'sallyport-services-'))
after(() => rmSync(directory, { recursive: true }))

type Handler = (request: IncomingMessage, response: ServerResponse, next: () => void) => void

test('the lines of the page about services follow the authority, and refuse what came around the gateway', {
  timeout: 60_000,
}, async (t) => {
  const [gateway, authority] = [await createSigner(), await createAuthoritySigner()]
  const keysUrl = 'http://status.example.com/gateways/assertion-keys'
  const origin = await serve(t, (request, response) => {
    assert.equal(request.url, new URL(keysUrl).pathname)
    void documentOf(authority, { [issuer]: [gateway.jwk] }).then((jws) => response.end(jws))
  })
  const [keys, cache] = ['feed-keys.json', 'gateway-keys.jws'].map((name) =>
    path.join(directory, name),
  )
  writeFileSync(String(keys), JSON.stringify({ keys: [authority.jwk] }))
  const [imported = '', ...rest] = lines.split('\n')
  for (const name of /import \{ (.+) \} from/.exec(imported)?.[1]?.split(', ') ?? ['none']) {
    assert.ok(Object.hasOwn(verify, name), name)
  }
  const here = rest
    .join('\n')
    .replace(keysUrl, new URL(new URL(keysUrl).pathname, origin).href)
    .replace("'feed-keys.json'", JSON.stringify(keys))
    .replace("'gateway-keys.jws'", JSON.stringify(cache))
    .replace(
      '= identityOf(request)',
      '= identityOf(request)\n  response.end(`${user.subject} on ${device.id}`)',
    )

  const routes: [path: string | undefined, handler: Handler][] = []
  const app = {
    get: (route: string, handler: Handler) => routes.push([route, handler]),
    use: (handler: Handler) => routes.push([undefined, handler]),
  }
  const refusals: unknown[] = []
  const log = { warn: (about: unknown) => refusals.push(about), error: assert.fail }
  const healthy: Handler = (_request, response) => response.end('healthy')
  const given = { ...verify, app, log, healthy }
  const verifier = (await runLines(here, given, 'verifier')) as verify.Verifier
  t.after(() => verifier.close())

  // As Express calls them: in their order, those of the path and those of every one.
  const url = await serve(t, (request, response) => {
    const row = routes.filter(([route]) => route === undefined || route === request.url)
    const next = (index: number): void => row[index]?.[1](request, response, () => next(index + 1))
    next(0)
  })
  assert.equal(await (await fetch(`${url}/health`)).text(), 'healthy')
  const target = '/v1/accounts'
  const assertion = await gateway.assertion({ target })
  const served = await fetch(url + target, { headers: { 'sallyport-assertion': assertion } })
  assert.equal(await served.text(), 'alice on dev_1')
  assert.equal((await fetch(url + target)).status, 403)
  assert.equal(refusals.length, 1)
  // Its last word is kept, beside the requests.
  while (!existsSync(String(cache))) await sleep(10)
})
