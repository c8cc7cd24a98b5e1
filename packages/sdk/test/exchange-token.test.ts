import assert from 'node:assert/strict'
import { test } from 'node:test'
import { devicePaths } from '@sallyport/wire'
import { createPhone } from './phone.ts'
import { authorityUrl } from './scripted-server.ts'

const answer = (status: number, members: object, type = 'application/json') => ({
  status,
  headers: [['content-type', type]] as [string, string][],
  body: new TextEncoder().encode(JSON.stringify(members)),
})
const text = (body: unknown) => new TextDecoder().decode(body as Uint8Array)

test("the user's token is exchanged with the certificate, in a form", async () => {
  const { client, server } = createPhone()
  await client.enroll()
  const members = { access_token: 'a.b.c', expires_in: 600, token_type: 'Bearer', scope: 'read' }
  server.mishap = () => answer(200, members)
  const token = await client.exchangeToken('x.y.z+/ =', { scope: 'read pay' })
  assert.equal(token.accessToken, 'a.b.c')
  assert.equal(token.scope, 'read')
  assert(Number.isInteger(token.expiresAt))
  const [request] = server.sent(devicePaths.tokens)
  assert.equal(request?.url, authorityUrl + devicePaths.tokens)
  assert.equal(request?.method, 'POST')
  assert.ok(request?.identity)
  const form = new URLSearchParams(text(request?.body))
  assert.equal(form.get('subject_token'), 'x.y.z+/ =')
  assert.equal(form.get('grant_type'), 'urn:ietf:params:oauth:grant-type:token-exchange')
  assert.equal(form.get('scope'), 'read pay')
  assert(request?.headers.some(([, value]) => value === 'application/x-www-form-urlencoded'))
})

test('a refusal is told by its code and action', async () => {
  const { client, server } = createPhone()
  await client.enroll()
  const body = {
    error: 'invalid_grant',
    type: 'urn:sallyport:reason:token_session_elsewhere',
    title: 'x',
    status: 400,
    code: 'token_session_elsewhere',
    requestId: 'req_a',
    supportCode: 'AAAA-BBBB',
    retryable: false,
    action: 'refresh-token',
  }
  server.mishap = () => answer(400, body, 'application/problem+json')
  const expected = { code: 'token_session_elsewhere', action: 'refresh-token' }
  await assert.rejects(client.exchangeToken('t'), expected)
})

test('an answer of another shape is told as that, and no token is taken from it', async () => {
  const { client, server } = createPhone({ retry: { attempts: 1, baseMs: 1, maximumMs: 1 } })
  await client.enroll()
  for (const members of [{}, { access_token: 5, expires_in: 1 }, { access_token: 'a' }]) {
    server.mishap = () => answer(200, members)
    await assert.rejects(client.exchangeToken('t'), { code: 'answer_malformed' })
  }
})

test('a phone that is not enrolled exchanges nothing', async () => {
  const { client, server } = createPhone({ autoEnroll: true })
  await assert.rejects(client.exchangeToken('t'), { code: 'device_not_enrolled' })
  assert.equal(server.requests.length, 0)
})
