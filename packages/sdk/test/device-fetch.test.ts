import assert from 'node:assert/strict'
import { getEventListeners } from 'node:events'
import { test } from 'node:test'
import { devicePaths } from '@sallyport/wire'
import {
  type ClientOptions,
  SallyportError,
  TransportError,
  type TransportRequest,
} from '../src/index.ts'
import { createPhone } from './phone.ts'
import { dayMs, gatewayUrl, type ScriptedServer } from './scripted-server.ts'

async function enrolledPhone(options: Partial<ClientOptions> = {}) {
  const phone = createPhone(options)
  await phone.client.enroll()
  return phone
}

const isCall = ({ url }: TransportRequest) => url.startsWith(gatewayUrl)
const calls = (server: ScriptedServer) => server.requests.filter(isCall)
const streamOf = (text: string) => new Blob([text]).stream()

test('the certificate is shown to the gateway alone', async () => {
  const { client, server } = await enrolledPhone()
  const { length } = server.requests
  for (const url of ['https://evil.example/', '//evil.example/', 'http://api.example.com/']) {
    await assert.rejects(client.fetch(url), TypeError, url)
  }
  assert.equal(server.requests.length, length)
})

test('method, headers and body arrive, and what the transport decides about is left out', async () => {
  const { client, server } = await enrolledPhone()
  await client.fetch(`${gatewayUrl}/v1/orders`, {
    method: 'post',
    headers: { 'X-Trace': '1', Connection: 'close', 'Transfer-Encoding': 'chunked' },
    body: new URLSearchParams({ a: 'b c' }),
  })
  const request = calls(server)[0]
  assert.equal(request?.method, 'POST')
  assert.equal(Buffer.from(request?.body as Uint8Array).toString(), 'a=b+c')
  assert.deepEqual(request?.headers, [
    ['content-type', 'application/x-www-form-urlencoded;charset=UTF-8'],
    ['x-trace', '1'],
  ])
})

test("the service's own answers come back as they are, problems among them", async () => {
  const { client, server } = await enrolledPhone()
  const bodies = [
    '{"type":"https://shop.example/out-of-stock","code":"device_certificate_expired"}',
    '{"code":"device_certificate_expired"}',
    'not json',
    `"${'x'.repeat(70_000)}"`,
  ]
  for (const text of bodies) {
    for (const body of [new TextEncoder().encode(text), streamOf(text)]) {
      const headers = [['content-type', 'application/problem+json']] as const
      server.mishap = (request) => (isCall(request) ? { status: 409, headers, body } : undefined)
      const response = await client.fetch('/')
      assert.equal(response.status, 409)
      assert.equal(await response.text(), text)
    }
  }
  assert.equal(server.sent(devicePaths.renewals).length, 0)
})

test('an answer without a body is one', async () => {
  const { client, server } = await enrolledPhone()
  server.mishap = (request) =>
    isCall(request) ? { status: 204, headers: [], body: new Uint8Array() } : undefined
  assert.equal((await client.fetch('/')).body, null)
})

test('a superseded certificate is renewed once and the request sent again', async () => {
  const { client, server } = await enrolledPhone()
  let refusals = 1
  server.mishap = (request) =>
    isCall(request) && refusals-- > 0 ? server.problem('device_certificate_superseded') : undefined
  const response = await client.fetch('/', { method: 'POST', body: 'pay' })
  assert.equal(response.status, 200)
  assert.equal(server.sent(devicePaths.renewals).length, 1)
  assert.deepEqual(
    calls(server).map(({ body }) => Buffer.from(body as Uint8Array).toString()),
    ['pay', 'pay'],
  )
})

test('a second refusal of a renewed certificate is told', async () => {
  const { client, server } = await enrolledPhone()
  server.mishap = (request) =>
    isCall(request) ? server.problem('device_certificate_superseded') : undefined
  await assert.rejects(client.fetch('/'), { code: 'device_certificate_superseded', status: 401 })
  assert.equal(server.sent(devicePaths.renewals).length, 1)
})

test('a stream is sent once: the certificate is renewed, and the caller told to repeat', async () => {
  const { client, server } = await enrolledPhone()
  server.now += 3 * dayMs
  let refusals = 1
  server.mishap = (request) =>
    isCall(request) && refusals-- > 0 ? server.problem('device_certificate_expired') : undefined
  const send = () => client.fetch('/', { method: 'POST', body: streamOf('pay') })
  await assert.rejects(send(), { code: 'device_certificate_expired', retryable: true })
  assert.equal(server.sent(devicePaths.renewals).length, 1)
  assert.equal((await send()).status, 200)
})

test('Retry-After is obeyed, in seconds and as a date', async () => {
  const { client, server, slept } = await enrolledPhone()
  const date = new Date(server.now + 9_000).toUTCString()
  for (const value of ['5', date]) {
    let refusals = 1
    server.mishap = (request) =>
      isCall(request) && refusals-- > 0
        ? server.problem('status_stale', { headers: [['Retry-After', value]] })
        : undefined
    assert.equal((await client.fetch('/')).status, 200)
  }
  assert.ok((slept[0] ?? 0) >= 5_000 && (slept[1] ?? 0) >= 3_000, slept.join())
})

test('a server that asks for more time than the client has is left alone', async () => {
  const { client, server, slept } = await enrolledPhone()
  server.mishap = (request) =>
    isCall(request)
      ? server.problem('status_stale', { headers: [['Retry-After', '3600']] })
      : undefined
  await assert.rejects(client.fetch('/'), { code: 'status_stale', retryAfterMs: 3_600_000 })
  assert.equal(slept.length, 0)
})

test('what may succeed later is tried a bounded number of times, further apart each time', async () => {
  const { client, server, slept } = await enrolledPhone()
  server.mishap = (request) => (isCall(request) ? server.problem('gateway_draining') : undefined)
  await assert.rejects(client.fetch('/'), { code: 'gateway_draining', retryable: true })
  assert.equal(calls(server).length, 4)
  assert.deepEqual(slept, [375, 750, 1500])
})

test('what cannot succeed is not tried again', async () => {
  const { client, server } = await enrolledPhone()
  server.mishap = (request) =>
    isCall(request) ? server.problem('device_app_version_too_old') : undefined
  await assert.rejects(client.fetch('/'), { action: 'update-app' })
  assert.equal(calls(server).length, 1)
})

test('a code of tomorrow is unknown, and kept', async () => {
  const { client, server } = await enrolledPhone()
  const members = {
    type: 'urn:sallyport:reason:token_missing_tomorrow',
    code: 'token_missing_tomorrow',
    action: 'do-a-dance',
    retryable: false,
  }
  server.mishap = (request) =>
    isCall(request) ? server.problem('device_suspended', { members }) : undefined
  const error = await client.fetch('/').catch((error: unknown) => error)
  assert.ok(error instanceof SallyportError)
  assert.equal(error.code, 'unknown')
  assert.equal(error.serverCode, 'token_missing_tomorrow')
  assert.equal(error.action, undefined)
})

test('a lost answer is asked for again only where that does nothing twice', async () => {
  for (const [method, count] of [
    ['GET', 4],
    ['PUT', 4],
    ['POST', 1],
    ['PATCH', 1],
  ] as const) {
    const { client, server } = await enrolledPhone()
    server.mishap = (request) => (isCall(request) ? 'answer' : undefined)
    await assert.rejects(client.fetch('/', { method }), { code: 'connection_failed' })
    assert.equal(calls(server).length, count, method)
  }
})

test('a request that did not arrive is sent again whatever it does', async () => {
  const { client, server } = await enrolledPhone()
  let failures = 2
  server.mishap = (request) => (isCall(request) && failures-- > 0 ? 'request' : undefined)
  assert.equal((await client.fetch('/', { method: 'POST', body: 'pay' })).status, 200)
})

test('no answer in time is a failure of the connection, and the time is not spent twice', async () => {
  const { client, server } = await enrolledPhone()
  const send = server.send.bind(server)
  let sent = 0
  server.send = (request) => {
    if (!isCall(request)) return send(request)
    sent += 1
    return new Promise((_, reject) => {
      request.signal.addEventListener('abort', () => reject(new Error('aborted')))
    })
  }
  const error = await client.fetch('/', { timeoutMs: 20 }).catch((error: unknown) => error)
  assert.ok(error instanceof SallyportError && error.cause instanceof TransportError)
  assert.equal(error.code, 'connection_failed')
  assert.equal(error.cause.failure, 'timeout')
  assert.equal(sent, 1)
})

test("the caller's signal ends a request with its own reason", async () => {
  const { client, server } = await enrolledPhone()
  const controller = new AbortController()
  server.mishap = (request) => {
    if (isCall(request)) controller.abort(new Error('enough'))
    return isCall(request) ? 'request' : undefined
  }
  await assert.rejects(client.fetch('/', { signal: controller.signal }), { message: 'enough' })
})

test('a signal that outlives many requests holds nothing of them, and reaches a body that is still to come', async () => {
  const { client, server } = await enrolledPhone()
  const controller = new AbortController()
  const { signal } = controller
  await (await client.fetch('/', { signal })).text()
  server.mishap = (request) =>
    isCall(request) ? { status: 200, headers: [], body: streamOf('hello') } : undefined
  assert.equal(await (await client.fetch('/', { signal })).text(), 'hello')
  await (await client.fetch('/', { signal })).body?.cancel()
  server.mishap = (request) => (isCall(request) ? server.problem('device_suspended') : undefined)
  await assert.rejects(client.fetch('/', { signal }))
  assert.equal(getEventListeners(signal, 'abort').length, 0)

  let seen: AbortSignal | undefined
  server.mishap = (request) => {
    seen = request.signal
    return isCall(request) ? { status: 200, headers: [], body: new ReadableStream() } : undefined
  }
  await client.fetch('/', { signal })
  controller.abort(new Error('enough'))
  assert.equal(seen?.aborted, true)
})

test('a handshake that fails is explained by the authority, and mended', async () => {
  const phone = await enrolledPhone()
  phone.server.now += 10 * dayMs
  phone.skewMs = -20 * dayMs
  let failures = 1
  phone.server.mishap = (request) => (isCall(request) && failures-- > 0 ? 'tls' : undefined)
  assert.equal((await phone.client.fetch('/')).status, 200)
  assert.equal(phone.server.sent(devicePaths.diagnose).length, 1)
  assert.equal(phone.server.sent(devicePaths.renewals).length, 1)
})

test('a gateway that wrongly says to enrol again costs no identity', async () => {
  const { client, server } = await enrolledPhone({ autoEnroll: true })
  server.mishap = (request) =>
    isCall(request) ? server.problem('device_certificate_untrusted') : undefined
  for (let call = 0; call < 5; call++) {
    await assert.rejects(client.fetch('/'), { code: 'device_certificate_untrusted' })
  }
  assert.equal(server.enrolled, 1)
  assert.equal(server.sent(devicePaths.diagnose).length, 1, 'the authority is not asked each time')
  assert.equal((await client.status()).state, 'active')
})

test('where the authority agrees, the client enrols again once, or says so', async () => {
  for (const autoEnroll of [true, false]) {
    const { client, server } = await enrolledPhone({ autoEnroll })
    server.diagnosis = { ok: false, code: 'device_revoked', action: 're-enroll' }
    server.mishap = (request) =>
      isCall(request) && server.enrolled === 1 ? server.problem('device_revoked') : undefined
    if (autoEnroll) {
      assert.equal((await client.fetch('/')).status, 200)
      assert.equal(server.enrolled, 2)
    } else {
      await assert.rejects(client.fetch('/'), { code: 'device_revoked', action: 're-enroll' })
      assert.equal((await client.status()).endedBy, 'device_revoked')
    }
  }
})

test('a device that stays refused after enrolling again is not enrolled a third time', async () => {
  const { client, server } = await enrolledPhone({ autoEnroll: true })
  server.diagnosis = { ok: false, code: 'device_revoked', action: 're-enroll' }
  server.mishap = (request) => (isCall(request) ? server.problem('device_revoked') : undefined)
  await assert.rejects(client.fetch('/'), { code: 'device_revoked' })
  assert.equal(server.enrolled, 2)
})

test('diagnostics tell what happened, and no secret', async () => {
  const { client, keyStore } = await enrolledPhone()
  await client.enroll({ again: true, enrollmentToken: 'very-secret' })
  const text = JSON.stringify(await client.diagnostics())
  assert.match(text, /"event":"enrolled"/)
  assert.doesNotMatch(text, /very-secret|PRIVATE/)
  assert.match(keyStore.record ?? '', /key-2/)
})

test('reset destroys the keys and forgets the certificate', async () => {
  const { client, keyStore } = await enrolledPhone()
  await client.reset()
  assert.equal(keyStore.keys.size, 0)
  assert.equal((await client.status()).state, 'none')
  assert.equal(await client.certificate(), undefined)
})
