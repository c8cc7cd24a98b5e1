import assert from 'node:assert/strict'
import { test } from 'node:test'
import { devicePaths } from '@sallyport/wire'
import type { TransportRequest } from '../src/index.ts'
import { createPhone, evidence } from './phone.ts'
import { authorityUrl, dayMs, hourMs, mtlsUrl } from './scripted-server.ts'

const once = { attempts: 1, baseMs: 1, maximumMs: 1 }
const renewals = { url: devicePaths.renewals }
const isRenewal = ({ url }: TransportRequest) => url.endsWith(renewals.url)
const messageOf = (request: TransportRequest | undefined) =>
  JSON.parse(Buffer.from(request?.body as Uint8Array).toString())

async function enrolledPhone(...options: Parameters<typeof createPhone>) {
  const phone = createPhone(...options)
  await phone.client.enroll()
  return phone
}

/** Lets what goes on in the background come to its end. */
async function settle() {
  for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve))
}

test('nothing is renewed before it is due', async () => {
  const { client, server } = await enrolledPhone()
  server.now += 4 * dayMs
  await client.fetch('/')
  await client.renew({ onlyIfDue: true })
  await settle()
  assert.equal(server.sent(devicePaths.renewals).length, 0)
})

test('the time to renew lies up to a tenth of the remaining life after the time the server names', async () => {
  for (const [random, expected] of [
    [0, 0],
    [0.999, 0.0999],
  ] as const) {
    const { client, server } = await enrolledPhone({ random: () => random })
    const { renewAt, notAfter } = await client.status()
    const renewAfter = server.now + (server.lifeMs * 2) / 3
    const part =
      (Date.parse(renewAt ?? '') - renewAfter) / (Date.parse(notAfter ?? '') - renewAfter)
    assert.ok(Math.abs(part - expected) < 0.0001, `${part}`)
  }
})

test('a renewal that is due happens beside the request', async () => {
  const { client, server, keyStore } = await enrolledPhone()
  const before = await client.certificate()
  server.now += 5 * dayMs
  assert.equal((await client.status()).state, 'renewal-due')
  assert.equal((await client.fetch('/')).status, 200)
  await settle()
  const after = await client.certificate()
  assert.notDeepEqual(after?.certificates[0], before?.certificates[0])
  assert.equal(after?.deviceId, before?.deviceId)
  assert.equal((await client.fetch('/')).status, 200)
  assert.deepEqual(server.requests.at(-1)?.identity?.certificates[0], after?.certificates[0])
  assert.deepEqual([...keyStore.keys.keys()], [after?.keyId])
})

test('a renewal in the background that fails rests before the next, and disturbs no request', async () => {
  const { client, server } = await enrolledPhone({ retry: once })
  server.now += 5 * dayMs
  server.mishap = ({ url }) => (url.endsWith(devicePaths.challenges) ? 'request' : undefined)
  for (let call = 0; call < 5; call++) {
    assert.equal((await client.fetch('/')).status, 200)
    await settle()
  }
  assert.equal(server.sent(devicePaths.challenges).length, 2, 'one to enrol, one to renew')
  server.now += hourMs
  await client.fetch('/')
  await settle()
  assert.equal(server.sent(devicePaths.challenges).length, 3)
})

test('a server that always wants a renewal is asked now and then, not with every request', async () => {
  const { client, server } = await enrolledPhone({ random: () => 0 })
  server.renewAfterMs = -hourMs
  await client.renew()
  for (let call = 0; call < 5; call++) {
    await client.fetch('/')
    await settle()
  }
  assert.equal(server.sent(devicePaths.renewals).length, 2)
})

test('an expired certificate is renewed first, by a signature of its key', async () => {
  const { client, server } = await enrolledPhone()
  server.now += 10 * dayMs
  assert.equal((await client.status()).state, 'expired')
  assert.equal((await client.fetch('/')).status, 200)
  const [renewal] = server.sent(devicePaths.renewals)
  assert.equal(renewal?.identity, undefined)
  assert.equal(typeof messageOf(renewal).proof, 'string')
})

test('renewals asked for together are one', async () => {
  const { client, server } = await enrolledPhone()
  await Promise.all(Array.from({ length: 10 }, () => client.renew()))
  assert.equal(server.sent(devicePaths.renewals).length, 1)
})

test('key and request are durable before they are sent', async () => {
  const { client, server, keyStore } = await enrolledPhone()
  server.mishap = (request) => {
    if (!isRenewal(request)) return undefined
    const { pending } = JSON.parse(keyStore.record ?? '{}')
    assert.ok(keyStore.keys.has(pending.keyId))
    assert.deepEqual(pending.request, messageOf(request))
    return undefined
  }
  await client.renew()
  assert.equal(server.sent(devicePaths.renewals).length, 1)
})

test('after a lost answer and a restart the very same request gives the same certificate', async () => {
  const phone = await enrolledPhone({ retry: once })
  phone.server.mishap = (request) => (isRenewal(request) ? 'answer' : undefined)
  await assert.rejects(phone.client.renew(), { code: 'connection_failed' })
  phone.server.mishap = () => undefined
  phone.restart()
  assert.equal((await phone.client.fetch('/')).status, 200, 'the old one serves until then')
  await phone.client.renew()
  const [first, second] = phone.server.sent(devicePaths.renewals)
  assert.deepEqual(first?.body, second?.body)
  assert.equal(phone.server.certificates.size, 2)
  assert.equal(phone.keyStore.keys.size, 1)
})

test('a lost answer that is fetched only after the expiry is fetched by signature', async () => {
  const phone = await enrolledPhone({ retry: once })
  phone.server.now += 6 * dayMs
  phone.server.mishap = (request) => (isRenewal(request) ? 'answer' : undefined)
  await assert.rejects(phone.client.renew())
  phone.server.mishap = () => undefined
  phone.server.now += 2 * dayMs
  assert.equal((await phone.client.fetch('/')).status, 200)
  assert.equal(phone.server.certificates.size, 2)
  assert.equal(phone.server.forks, 0)
})

test('a lost answer of so long ago that its certificate has expired too is renewed further', async () => {
  const phone = await enrolledPhone({ retry: once })
  phone.server.mishap = (request) => (isRenewal(request) ? 'answer' : undefined)
  await assert.rejects(phone.client.renew())
  phone.server.mishap = () => undefined
  phone.server.now += 20 * dayMs
  assert.equal((await phone.client.renew()).state, 'active')
  assert.equal(phone.server.certificates.size, 3)
})

test('a request that never arrived is made anew when its challenge is over', async () => {
  const phone = await enrolledPhone({ retry: once })
  phone.server.mishap = (request) => (isRenewal(request) ? 'request' : undefined)
  await assert.rejects(phone.client.renew())
  phone.server.mishap = () => undefined
  phone.server.now += hourMs
  const { state } = await phone.client.renew()
  assert.equal(state, 'active')
  assert.equal(phone.keyStore.keys.size, 1)
})

test('where evidence cannot be made for another challenge, a new key takes the place of the old', async () => {
  const made = new Map<string, ReturnType<typeof evidence>>()
  const boundToTheKey: typeof evidence = (context) => {
    const earlier = made.get(context.key.id) ?? evidence(context)
    made.set(context.key.id, earlier)
    return earlier
  }
  const phone = await enrolledPhone({ retry: once, evidence: boundToTheKey })
  phone.server.mishap = (request) => (isRenewal(request) ? 'request' : undefined)
  await assert.rejects(phone.client.renew())
  phone.server.mishap = () => undefined
  phone.server.now += hourMs
  assert.equal((await phone.client.renew()).state, 'active')
  assert.equal(phone.keyStore.keys.size, 1)
})

test('a client that keeps its key brings a new one when fresh evidence is asked for', async () => {
  const { client, server } = await enrolledPhone({ renewalKey: 'same' })
  const { keyId } = (await client.certificate()) ?? {}
  await client.renew()
  assert.equal((await client.certificate())?.keyId, keyId)
  assert.equal(messageOf(server.sent(devicePaths.renewals)[0]).evidence, undefined)
  let refusals = 1
  server.mishap = (request) =>
    isRenewal(request) && refusals-- > 0 ? server.problem('renewal_evidence_required') : undefined
  await client.renew()
  assert.notEqual((await client.certificate())?.keyId, keyId)
})

test('when the grace is over the client says to enrol again, and says so from then on', async () => {
  const { client, server } = await enrolledPhone()
  server.now += 60 * dayMs
  const ended = { code: 'renewal_grace_over', action: 're-enroll' }
  await assert.rejects(client.fetch('/'), ended)
  const { length } = server.requests
  await assert.rejects(client.fetch('/'), ended)
  assert.equal(server.requests.length, length)
  assert.equal((await client.status()).state, 're-enroll')
  assert.equal((await client.enroll()).state, 'active')
  assert.equal((await client.fetch('/')).status, 200)
})

test('a phone whose clock is a year ahead renews over its connection', async () => {
  const phone = await enrolledPhone()
  phone.server.now += dayMs
  phone.skewMs = 365 * dayMs
  assert.equal((await phone.client.fetch('/')).status, 200)
  const [renewal] = phone.server.sent(devicePaths.renewals)
  assert.notEqual(renewal?.identity, undefined)
  assert.equal((await phone.client.status()).state, 'active')
  assert.equal((await phone.client.status()).clockOffsetMs, -365 * dayMs)
})

test('a phone whose clock is a year behind is told by the gateway that its certificate expired', async () => {
  const phone = await enrolledPhone()
  phone.server.now += 10 * dayMs
  phone.skewMs = -365 * dayMs
  assert.equal((await phone.client.fetch('/')).status, 200)
  assert.equal(phone.server.sent(devicePaths.renewals).length, 1)
})

test('a phone whose clock is ahead goes on with its certificate while the authority is away', async () => {
  const phone = await enrolledPhone({ retry: once })
  phone.skewMs = 365 * dayMs
  phone.server.mishap = ({ url }) => (url.includes('/device/v1/') ? 'request' : undefined)
  assert.equal((await phone.client.fetch('/')).status, 200)
})

test('what a restart finds of the clock is what was measured before', async () => {
  const phone = createPhone()
  phone.skewMs = 90 * dayMs
  await phone.client.enroll()
  phone.restart()
  assert.equal((await phone.client.status()).state, 'active')
})

test('where TLS refuses the certificate, a signature renews it', async () => {
  const { client, server } = await enrolledPhone()
  server.mishap = (request) =>
    isRenewal(request) && request.identity !== undefined ? 'tls' : undefined
  assert.equal((await client.renew()).state, 'active')
  assert.equal(server.sent(devicePaths.renewals).length, 2)
})

test('a suspended device keeps what it has', async () => {
  const { client, server } = await enrolledPhone()
  server.mishap = (request) => (isRenewal(request) ? server.problem('device_suspended') : undefined)
  await assert.rejects(client.renew(), { code: 'device_suspended', action: undefined })
  server.mishap = () => undefined
  assert.equal((await client.renew()).state, 'active')
})

test('a key that is gone means to enrol again', async () => {
  const { client, keyStore } = await enrolledPhone()
  keyStore.keys.clear()
  await assert.rejects(client.fetch('/'), { code: 'device_key_lost', action: 're-enroll' })
  await assert.rejects(client.renew(), { code: 'device_key_lost' })
  assert.equal((await client.enroll()).state, 'active')
})

test('a busy authority is asked again when it says, and not before', async () => {
  const { client, server, slept } = await enrolledPhone()
  let refusals = 2
  server.mishap = (request) =>
    isRenewal(request) && refusals-- > 0
      ? server.problem('authority_busy', { headers: [['retry-after', '7']] })
      : undefined
  await client.renew()
  assert.equal(slept.length, 2)
  for (const wait of slept) assert.ok(wait >= 7_000 && wait < 8_000, `${wait}`)
})

const originsOf = (requests: readonly TransportRequest[]) =>
  requests.map(({ url }) => new URL(url).origin)

test('a device renews where it was told to call with its certificate', async () => {
  const phone = createPhone()
  const { client, server } = phone
  server.mtlsUrl = mtlsUrl
  await client.enroll()
  assert.deepEqual(new Set(originsOf(server.requests)), new Set([authorityUrl]))
  server.now += 5 * dayMs
  phone.restart()
  await phone.client.renew()
  const renewing = server.requests.filter(isRenewal)
  assert.deepEqual(originsOf(renewing), [mtlsUrl])
  assert.ok(renewing[0]?.identity)
  assert.deepEqual(originsOf(server.sent(devicePaths.challenges)), [authorityUrl, mtlsUrl])
  // Told of no such place any more, it forgets the one it knew.
  server.mtlsUrl = undefined
  await phone.client.renew()
  await phone.client.renew()
  assert.equal(originsOf(server.requests.filter(isRenewal)).at(-1), authorityUrl)
})

for (const mishap of ['request', 'tls', 'answer'] as const) {
  test(`where that place cannot be reached (${mishap}), it renews where it enrolled`, async () => {
    const { client, server, slept } = createPhone({ retry: once })
    server.mtlsUrl = mtlsUrl
    await client.enroll()
    server.now += 5 * dayMs
    server.mishap = ({ url }) => (url.startsWith(mtlsUrl) ? mishap : undefined)
    await client.renew()
    assert.deepEqual(originsOf(server.requests.filter(isRenewal)), [mtlsUrl, authorityUrl])
    assert.deepEqual(slept, [])
    assert.equal(server.forks, 0)
  })
}

test('a refusal there that may be repeated is repeated there', async () => {
  const { client, server, slept } = createPhone()
  server.mtlsUrl = mtlsUrl
  await client.enroll()
  server.now += 5 * dayMs
  let refused = 0
  server.mishap = (request) =>
    isRenewal(request) && refused++ < 2 ? server.problem('authority_busy') : undefined
  await client.renew()
  assert.deepEqual(originsOf(server.requests.filter(isRenewal)), [mtlsUrl, mtlsUrl, mtlsUrl])
  assert.equal(slept.length, 2)
})

test('a refusal there is a refusal', async () => {
  const { client, server } = createPhone({ retry: once })
  server.mtlsUrl = mtlsUrl
  await client.enroll()
  server.now += 5 * dayMs
  server.mishap = (request) => (isRenewal(request) ? server.problem('authority_busy') : undefined)
  await assert.rejects(client.renew(), { code: 'authority_busy' })
  assert.deepEqual(originsOf(server.requests.filter(isRenewal)), [mtlsUrl])
})

for (const bad of [
  'http://devices.example.com',
  'https://a@devices.example.com',
  'https://x/y',
  7,
]) {
  test(`an origin that is none is an answer that is malformed: ${bad}`, async () => {
    const { client, server } = createPhone({ retry: once })
    server.mtlsUrl = bad as string
    await assert.rejects(client.enroll(), { code: 'answer_malformed' })
  })
}
