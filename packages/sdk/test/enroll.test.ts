import assert from 'node:assert/strict'
import { test } from 'node:test'
import { devicePaths } from '@sallyport/wire'
import { createClient, SallyportError } from '../src/index.ts'
import { MemoryKeyStore } from './memory-key-store.ts'
import { createPhone } from './phone.ts'
import { authorityUrl, gatewayUrl, hourMs, ScriptedServer } from './scripted-server.ts'

const bodiesOf = (requests: readonly { body: unknown }[]) =>
  requests.map(({ body }) => Buffer.from(body as Uint8Array).toString())

test('an enrolled phone calls with its certificate', async () => {
  const { client, server } = createPhone()
  const status = await client.enroll()
  assert.equal(status.state, 'active')
  const response = await client.fetch('/v1/orders?open=true')
  assert.equal(response.status, 200)
  assert.equal(await response.text(), `hello ${status.deviceId}`)
  assert.equal(server.requests.at(-1)?.url, `${gatewayUrl}/v1/orders?open=true`)
})

test('fetch without a certificate says to enrol, and enrols where the client may', async () => {
  const { client, server } = createPhone()
  await assert.rejects(client.fetch('/'), {
    code: 'device_not_enrolled',
    action: 're-enroll',
    retryable: false,
  })
  assert.equal(server.requests.length, 0)
  const { client: eager } = createPhone({ autoEnroll: true })
  assert.equal((await eager.fetch('/')).status, 200)
})

test('a request does not wait for a person who approves', async () => {
  const { client, server, slept } = createPhone({ autoEnroll: true })
  server.approvalsLeft = 1
  await assert.rejects(client.fetch('/'), { code: 'enrollment_pending', retryable: true })
  assert.deepEqual(slept, [])
  assert.equal((await client.fetch('/')).status, 200)
})

test('calls that come together enrol once', async () => {
  const { client, server } = createPhone({ autoEnroll: true })
  await Promise.all(Array.from({ length: 10 }, () => client.fetch('/')))
  assert.equal(server.enrolled, 1)
})

test('the key and the request are durable before the request is sent', async () => {
  const { client, server, keyStore } = createPhone()
  server.mishap = ({ url }) => {
    if (!url.endsWith(devicePaths.certificates)) return undefined
    const { pending } = JSON.parse(keyStore.record ?? '{}')
    assert.ok(keyStore.keys.has(pending.keyId))
    assert.equal(pending.request.appId, 'wallet')
    return undefined
  }
  await client.enroll()
  assert.equal(server.sent(devicePaths.certificates).length, 1)
})

test('after a lost answer and a restart the very same request gives the same certificate', async () => {
  const phone = createPhone({ retry: { attempts: 1, baseMs: 1, maximumMs: 1 } })
  phone.server.mishap = ({ url }) => (url.endsWith(devicePaths.certificates) ? 'answer' : undefined)
  await assert.rejects(phone.client.enroll(), { code: 'connection_failed', retryable: true })
  assert.equal((await phone.client.status()).state, 'pending')
  phone.server.mishap = () => undefined
  phone.restart()
  await phone.client.enroll()
  const [first, second] = bodiesOf(phone.server.sent(devicePaths.certificates))
  assert.equal(first, second)
  assert.equal(phone.server.certificates.size, 1)
})

test('an enrolment whose challenge is over begins anew and leaves no key behind', async () => {
  const phone = createPhone({ retry: { attempts: 1, baseMs: 1, maximumMs: 1 } })
  phone.server.mishap = ({ url }) =>
    url.endsWith(devicePaths.certificates) ? 'request' : undefined
  await assert.rejects(phone.client.enroll())
  phone.server.mishap = () => undefined
  phone.server.now += hourMs
  assert.equal((await phone.client.enroll()).state, 'active')
  assert.equal(phone.keyStore.keys.size, 1)
})

test('an approval is waited for with the same request', async () => {
  const { client, server, slept } = createPhone()
  server.approvalsLeft = 3
  await client.enroll({ enrollmentToken: 'ent_x' })
  const bodies = bodiesOf(server.sent(devicePaths.certificates))
  assert.equal(bodies.length, 4)
  assert.equal(new Set(bodies).size, 1)
  assert.deepEqual(slept, [10_500, 10_500, 10_500])
})

test('an approval that does not come in time is waited for again after a restart', async () => {
  const phone = createPhone()
  phone.server.approvalsLeft = 3
  await assert.rejects(phone.client.enroll({ approvalTimeoutMs: 15_000 }), {
    code: 'enrollment_pending',
    retryable: true,
    retryAfterMs: 10_500,
  })
  phone.restart()
  assert.equal((await phone.client.enroll()).state, 'active')
  assert.equal(new Set(bodiesOf(phone.server.sent(devicePaths.certificates))).size, 1)
})

test('another token begins another enrolment', async () => {
  const phone = createPhone()
  phone.server.approvalsLeft = 1
  const hurried = { enrollmentToken: 'first', approvalTimeoutMs: 0 }
  await assert.rejects(phone.client.enroll(hurried), { code: 'enrollment_pending' })
  await phone.client.enroll({ enrollmentToken: 'second' })
  const tokens = bodiesOf(phone.server.sent(devicePaths.certificates)).map(
    (body) => JSON.parse(body).enrollmentToken,
  )
  assert.deepEqual(tokens, ['first', 'second'])
  assert.equal(phone.keyStore.keys.size, 1)
})

test('a refusal is told with its codes and leaves nothing to go on with', async () => {
  const { client, server, keyStore } = createPhone({ evidence: async () => undefined })
  const error = await client.enroll().catch((error: unknown) => error)
  assert.ok(error instanceof SallyportError)
  assert.equal(error.code, 'evidence_refused')
  assert.match(error.requestId ?? '', /^req_/)
  assert.match(error.supportCode ?? '', /^[A-Z0-9]{4}-[A-Z0-9]{4}$/)
  assert.equal(server.sent(devicePaths.certificates).length, 1)
  assert.equal((await client.status()).state, 'none')
  await client.reset()
  assert.equal(keyStore.keys.size, 0)
})

test('enrolling twice is enrolling once, unless it is asked for', async () => {
  const { client, server, keyStore } = createPhone()
  const first = await client.enroll()
  assert.deepEqual(await client.enroll(), first)
  assert.equal(server.enrolled, 1)
  const again = await client.enroll({ again: true })
  assert.notEqual(again.deviceId, first.deviceId)
  assert.equal(keyStore.keys.size, 1)
})

test('an abort ends the waiting', async () => {
  const { client, server } = createPhone()
  server.approvalsLeft = 99
  const controller = new AbortController()
  server.mishap = ({ url }) => {
    if (url.endsWith(devicePaths.certificates)) controller.abort(new Error('enough'))
    return undefined
  }
  await assert.rejects(client.enroll({ signal: controller.signal }), { message: 'enough' })
})

test('an answer of another shape, or for another key, is refused', async () => {
  const json = (body: unknown) => ({
    status: 201,
    headers: [],
    body: new TextEncoder().encode(typeof body === 'string' ? body : JSON.stringify(body)),
  })
  const issued = {
    deviceId: 'dev_x',
    assurance: 'software',
    certificates: ['AAAA'],
    notAfter: '2026-12-01T00:00:00Z',
    renewAfter: '2026-12-01T00:00:00Z',
    graceUntil: '2026-12-01T00:00:00Z',
  }
  for (const answer of ['', '[]', 'null', '{', {}, issued, { ...issued, certificates: [] }]) {
    const retry = { attempts: 1, baseMs: 1, maximumMs: 1 }
    const { client, server } = createPhone({ retry })
    server.mishap = ({ url }) => (url.endsWith(devicePaths.certificates) ? json(answer) : undefined)
    await assert.rejects(client.enroll(), { code: 'answer_malformed' }, JSON.stringify(answer))
  }
})

test('a key store that fails is told of as that', async () => {
  const phone = createPhone()
  phone.keyStore.crashAt({ afterWrites: 1, isBeforeEffect: true })
  await assert.rejects(phone.client.enroll(), { code: 'key_store_failed', retryable: true })
  phone.restart()
  assert.equal((await phone.client.enroll()).state, 'active')
  assert.equal(phone.keyStore.keys.size, 1)
})

test('a record that cannot be read is a phone that enrols', async () => {
  for (const record of ['', '{', '{"version":2}', '[]', 'null']) {
    const phone = createPhone()
    phone.keyStore.record = record
    assert.equal((await phone.client.status()).state, 'none', record)
    assert.equal((await phone.client.enroll()).state, 'active')
    const { events } = await phone.client.diagnostics()
    assert.match(events[0]?.event ?? '', /record of the key store/)
  }
})

test('only https origins are taken', () => {
  const rest = {
    trust: 'system' as const,
    keyStore: new MemoryKeyStore(),
    evidence: async () => undefined,
    transport: new ScriptedServer(),
    app: { id: 'wallet', version: '1', platform: 'other' as const },
  }
  for (const gateway of ['http://a.example', 'https://a.example/path', 'a.example', '']) {
    assert.throws(() => createClient({ ...rest, gateway, enrollUrl: authorityUrl }), TypeError)
  }
})
