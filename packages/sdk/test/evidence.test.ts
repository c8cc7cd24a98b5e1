import assert from 'node:assert/strict'
import { test } from 'node:test'
import { devicePaths, enrollmentProofBase, toBase64url } from '@sallyport/wire'
import {
  type ClientOptions,
  type EvidenceContext,
  EvidenceError,
  type TransportRequest,
} from '../src/index.ts'
import { MemoryKeyStore } from './memory-key-store.ts'
import { createPhone, evidence } from './phone.ts'
import { dayMs } from './scripted-server.ts'

const once = { attempts: 1, baseMs: 1, maximumMs: 1 }
const app = { id: 'wallet', version: '1.0.0', platform: 'ios' } as const
const isRenewal = ({ url }: TransportRequest) => url.endsWith(devicePaths.renewals)
const messageOf = (request: TransportRequest | undefined) =>
  JSON.parse(Buffer.from(request?.body as Uint8Array).toString())

/** A phone, and what its collector was asked. */
function watchedPhone(options: Partial<ClientOptions> = {}) {
  const asked: EvidenceContext[] = []
  const phone = createPhone({
    evidence: (context) => {
      asked.push(context)
      return evidence(context)
    },
    ...options,
  })
  return { ...phone, asked, phone }
}

async function settle() {
  for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve))
}

test('a collector hears what it is to vouch for, and at a renewal whose key is renewed', async () => {
  const { client, asked } = watchedPhone()
  await client.enroll()
  const { keyId: first } = (await client.certificate()) ?? {}
  await client.renew()
  const { keyId: second } = (await client.certificate()) ?? {}
  assert.deepEqual(
    asked.map(({ purpose, key, renewedKeyId }) => [purpose, key.id, renewedKeyId]),
    [
      ['enroll', first, undefined],
      ['renew', second, first],
    ],
  )
  for (const { challenge, key, clientData } of asked) {
    assert.deepEqual(clientData, enrollmentProofBase(challenge, await key.publicKey()))
  }
})

for (const renewalKey of ['new', 'same'] as const) {
  test(`where another key vouches, every renewal brings evidence, silently (${renewalKey} key)`, async () => {
    const { client, server } = watchedPhone({ app, renewalKey })
    await client.enroll()
    const { keyId } = (await client.certificate()) ?? {}
    for (let renewal = 0; renewal < 3; renewal++) {
      server.now += 5 * dayMs
      assert.equal((await client.fetch('/')).status, 200)
      await settle()
    }
    const messages = server.sent(devicePaths.renewals).map(messageOf)
    assert.equal(messages.length, 3)
    for (const message of messages) assert.equal(message.evidence?.challenge, message.challenge)
    const isKept = (await client.certificate())?.keyId === keyId
    assert.equal(isKept, renewalKey === 'same')
  })
}

test('a service of the platform that is away leaves the certificate in use', async () => {
  let isAway = false
  const { client, server } = watchedPhone({
    evidence: async (context) => {
      if (isAway) throw new EvidenceError('unavailable', 'away', { retryAfterMs: 60_000 })
      return await evidence(context)
    },
  })
  await client.enroll()
  isAway = true
  server.now += 5 * dayMs
  assert.equal((await client.fetch('/')).status, 200)
  await settle()
  await assert.rejects(client.renew(), {
    code: 'evidence_unavailable',
    retryable: true,
    retryAfterMs: 60_000,
  })
  assert.equal((await client.status()).state, 'renewal-due')
  server.now += 3 * dayMs
  await assert.rejects(client.fetch('/'), { code: 'evidence_unavailable', retryable: true })
  assert.equal((await client.status()).state, 'expired')
  isAway = false
  assert.equal((await client.fetch('/')).status, 200)
})

test('a phone out of provisioned keys makes none, and tries again later', async () => {
  let isPoolEmpty = true
  class AttestingKeyStore extends MemoryKeyStore {
    override async create(id: string) {
      if (isPoolEmpty) {
        throw new EvidenceError('unavailable', 'ERROR_PENDING_INTERNET_CONNECTIVITY')
      }
      return await super.create(id)
    }
  }
  const { client } = watchedPhone({ keyStore: new AttestingKeyStore() })
  await assert.rejects(client.enroll(), { code: 'evidence_unavailable', retryable: true })
  isPoolEmpty = false
  assert.equal((await client.enroll()).state, 'active')
})

test('what a collector throws without a word is an error with a code', async () => {
  const cause = new RangeError('a bug of the app')
  const { client } = watchedPhone({
    evidence: async () => {
      throw cause
    },
  })
  await assert.rejects(client.enroll(), { code: 'evidence_unavailable', cause })
})

test('a key that vouched and is gone means to enrol again, and the client does where it may', async () => {
  for (const autoEnroll of [false, true]) {
    const { client, server } = watchedPhone({
      app,
      autoEnroll,
      evidence: async (context) => {
        if (context.renewedKeyId !== undefined) throw new EvidenceError('key-lost', 'invalidKey')
        return await evidence(context)
      },
    })
    const { deviceId } = await client.enroll()
    server.now += 10 * dayMs
    if (autoEnroll) {
      assert.equal((await client.fetch('/')).status, 200)
      assert.notEqual((await client.status()).deviceId, deviceId)
    } else {
      await assert.rejects(client.fetch('/'), { code: 'device_key_lost', action: 're-enroll' })
      assert.equal((await client.status()).state, 're-enroll')
    }
    assert.equal(server.sent(devicePaths.renewals).length, 0)
  }
})

test('signals stand beside evidence, whenever that is brought', async () => {
  const { client, server } = watchedPhone({
    signals: async ({ clientData }) => [
      { format: 'play-integrity', token: toBase64url(clientData.subarray(0, 18)) },
    ],
  })
  await client.enroll()
  await client.renew()
  for (const path of [devicePaths.certificates, devicePaths.renewals]) {
    const [request] = server.sent(path)
    assert.deepEqual(messageOf(request).signals, [
      { format: 'play-integrity', token: toBase64url(Buffer.from('sallyport-enrol-v1')) },
    ])
  }
})

test('signals that fail are left out; those that say why end the attempt', async () => {
  let failure: Error = new Error('no Play services on this phone')
  const { client, server } = watchedPhone({
    signals: async () => {
      throw failure
    },
  })
  await client.enroll()
  assert.equal(messageOf(server.sent(devicePaths.certificates)[0]).signals, undefined)
  failure = new EvidenceError('unavailable', 'Play services are updating')
  await assert.rejects(client.renew(), { code: 'evidence_unavailable', retryable: true })
})

test('a key made for one challenge is not sent with another', async () => {
  const made = new Map<string, ReturnType<typeof evidence>>()
  const { client, server } = watchedPhone({
    evidence: (context) => {
      const first = made.get(context.key.id) ?? evidence(context)
      made.set(context.key.id, first)
      return first
    },
  })
  await client.enroll()
  server.mishap = (request) =>
    isRenewal(request) && request.identity !== undefined ? 'tls' : undefined
  assert.equal((await client.renew()).state, 'active')
  assert.equal(server.sent(devicePaths.renewals).length, 2)
})

test('evidence that is refused is refused: a new key of the same making is not tried', async () => {
  const { client, server, keyStore } = watchedPhone()
  await client.enroll()
  server.mishap = (request) => (isRenewal(request) ? server.problem('evidence_refused') : undefined)
  await assert.rejects(client.renew(), { code: 'evidence_refused', retryable: false })
  assert.equal(server.sent(devicePaths.renewals).length, 1)
  assert.equal((await client.fetch('/')).status, 200, 'the certificate in use stays in use')
  server.mishap = () => undefined
  await client.renew()
  assert.equal(keyStore.keys.size, 1)
})

test('an expired certificate whose evidence is refused is followed by an enrolment, where the client may', async () => {
  const { client, server } = watchedPhone({ autoEnroll: true })
  const { deviceId } = await client.enroll()
  server.now += 10 * dayMs
  server.mishap = (request) => (isRenewal(request) ? server.problem('evidence_refused') : undefined)
  assert.equal((await client.fetch('/')).status, 200)
  assert.notEqual((await client.status()).deviceId, deviceId)
})

test('a refusal is not asked for again with every request', async () => {
  const { client, server } = watchedPhone({ autoEnroll: true, retry: once })
  server.mishap = ({ url }) =>
    url.endsWith(devicePaths.certificates) ? server.problem('evidence_refused') : undefined
  for (let call = 0; call < 5; call++) {
    await assert.rejects(client.fetch('/'), { code: 'evidence_refused' })
  }
  assert.equal(server.sent(devicePaths.certificates).length, 1)
  server.now += 31_000
  await assert.rejects(client.fetch('/'), { code: 'evidence_refused' })
  assert.equal(server.sent(devicePaths.certificates).length, 2)
  server.mishap = () => undefined
  assert.equal((await client.enroll()).state, 'active', 'who asks for it is not kept waiting')
  assert.equal((await client.fetch('/')).status, 200)
})

test('a refusal that the app can mend is heard anew at once', async () => {
  const { client, server } = watchedPhone({ autoEnroll: true, retry: once })
  let refusals = 2
  server.mishap = ({ url }) =>
    url.endsWith(devicePaths.certificates) && refusals-- > 0
      ? server.problem('token_required')
      : undefined
  await assert.rejects(client.fetch('/'), { code: 'token_required', action: 'refresh-token' })
  await assert.rejects(client.fetch('/'), { code: 'token_required' })
  assert.equal((await client.fetch('/')).status, 200)
})

test('who enrolled too often waits as long as the authority says', async () => {
  const { client, server } = watchedPhone({ autoEnroll: true, retry: once })
  server.mishap = ({ url }) =>
    url.endsWith(devicePaths.certificates)
      ? server.problem('enrollment_too_often', { headers: [['retry-after', '600']] })
      : undefined
  await assert.rejects(client.fetch('/'), { code: 'enrollment_too_often', retryable: true })
  server.now += 599_000
  await assert.rejects(client.fetch('/'), { code: 'enrollment_too_often' })
  assert.equal(server.sent(devicePaths.certificates).length, 1)
  server.mishap = () => undefined
  server.now += 2_000
  assert.equal((await client.fetch('/')).status, 200)
})

test('a challenge of another connection is fetched anew, once', async () => {
  const { client, server, keyStore } = watchedPhone()
  let refusals = 1
  server.mishap = ({ url }) =>
    url.endsWith(devicePaths.certificates) && refusals-- > 0
      ? server.problem('challenge_connection_mismatch')
      : undefined
  assert.equal((await client.enroll()).state, 'active')
  assert.equal(server.sent(devicePaths.challenges).length, 2)
  assert.equal(keyStore.keys.size, 1)
  refusals = Number.POSITIVE_INFINITY
  await assert.rejects(client.enroll({ again: true }), { code: 'challenge_connection_mismatch' })
  assert.equal(server.sent(devicePaths.challenges).length, 4)
})

test('what a phone says of itself is told as messages can hold it', async () => {
  const told = { ...app, osVersion: '27.1', osPatchLevel: '', deviceModel: 'Möbius 9™ 📱' }
  const { client, server } = watchedPhone({ app: told })
  await client.enroll()
  const { osVersion, osPatchLevel, deviceModel } = messageOf(
    server.sent(devicePaths.certificates)[0],
  )
  assert.deepEqual(
    { osVersion, osPatchLevel, deviceModel },
    { osVersion: '27.1', osPatchLevel: undefined, deviceModel: 'M-bius 9- --' },
  )
})
