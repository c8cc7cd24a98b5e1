import assert from 'node:assert/strict'
import { constants, generateKeyPairSync, publicEncrypt, verify } from 'node:crypto'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { isProblem } from '@sallyport/problem'
import { keyKinds } from '../../src/index.ts'
import { vaultKeyProvider } from '../../src/vault/vault-key-provider.ts'
import { startTransit, type TransitServer } from './transit-server.ts'

const servers: TransitServer[] = []
after(async () => {
  for (const server of servers) await server.close()
})

async function start(
  options: { namespace?: string; readToken?: () => string; timeoutMs?: number } = {},
) {
  const server = await startTransit(options)
  servers.push(server)
  const { namespace, readToken = () => 'hvs.first' } = options
  const keys = vaultKeyProvider({
    address: server.address,
    mount: 'transit',
    namespace,
    readToken,
    timeoutMs: options.timeoutMs ?? 1_000,
  })
  return { server, keys }
}

const isCode = (code: string) => (error: unknown) => {
  assert.ok(isProblem(error) && error.code === code, String(error))
  return true
}
const data = Buffer.from('what is signed')
const first = await start({ namespace: 'team', timeoutMs: 20_000 })

for (const kind of keyKinds) {
  test(`a key of ${kind} is made in Vault, and signs a digest`, async () => {
    const made = await first.keys.create(`key-${kind}`, kind)
    assert.equal(made.keyKind, kind)
    const hash = kind === 'ec-p384' ? 'sha384' : 'sha256'
    for (const key of [made, await first.keys.open(`key-${kind}`)]) {
      assert.ok(verify(hash, data, key.publicKey, await key.sign(data)), kind)
    }
  })
}

test('a key is made once, and one that is not there is told so', async () => {
  const { keys } = await start()
  assert.deepEqual(await keys.list(), [])
  await keys.create('device-ca-wallet.intune-1', 'ec-p256')
  assert.deepEqual(await keys.list(), ['device-ca-wallet.intune-1'])
  await assert.rejects(keys.create('device-ca-wallet.intune-1', 'ec-p256'), isCode('key_exists'))
  await assert.rejects(keys.open('never'), isCode('key_missing'))
})

test('a key that was rotated in Vault goes on signing as the CA that it is', async () => {
  const { keys, server } = await start()
  const key = await keys.create('ca', 'ec-p256')
  server.rotate('ca')
  const again = await keys.open('ca')
  assert.ok(again.spki.equals(key.spki))
  assert.ok(verify('sha256', data, key.publicKey, await again.sign(data)))
})

test('a key that can be exported is not used', async () => {
  const { keys, server } = await start()
  await keys.create('ca', 'ec-p256')
  Object.assign(server.keys.get('ca') ?? {}, { exportable: true })
  await assert.rejects(keys.open('ca'), isCode('key_extractable'))
})

test('a token that was replaced in its file is taken up; one that is refused is told', async () => {
  let token = 'hvs.first'
  const { keys, server } = await start({ readToken: () => token })
  await keys.create('ca', 'ec-p256')
  server.state.token = 'hvs.second'
  await assert.rejects(keys.open('ca'), isCode('vault_refused'))
  token = 'hvs.second'
  await keys.open('ca')
})

test('a token is renewed while it lives', { timeout: 30_000 }, async () => {
  const { keys, server } = await start()
  server.state.ttl = 0.15
  await keys.list()
  while (server.state.renewals < 2) await sleep(5)
})

for (const answer of ['sealed', 'standby', 'nothing', 'too much', 'redirect'] as const) {
  test(`a Vault that answers "${answer}" is unavailable, and no longer than it is`, async () => {
    const { keys, server } = await start()
    const key = await keys.create('ca', 'ec-p256')
    server.state.answer = answer
    const started = performance.now()
    await assert.rejects(key.sign(data), isCode('vault_unavailable'))
    assert.ok(performance.now() - started < 4_000)
    server.state.answer = 'as it should'
    await key.sign(data)
  })
}

test('what is no answer of Vault is no signature', async () => {
  const { keys, server } = await start()
  const key = await keys.create('ca', 'ec-p256')
  server.state.answer = 'no JSON'
  await assert.rejects(key.sign(data), isCode('vault_unavailable'))
})

test('a key that was deleted in Vault and made anew signs for nobody', async () => {
  const { keys, server } = await start()
  const key = await keys.create('ca', 'ec-p256')
  server.keys.get('ca')?.versions.splice(0, 1, generateKeyPairSync('ec', { namedCurve: 'P-256' }))
  await assert.rejects(key.sign(data), isCode('vault_unavailable'))
})

const rsa = await start({ timeoutMs: 20_000 })
const registration = await rsa.keys.createUnwrapping('scep-ra-wallet-1', 'rsa-2048')
const contentKey = Buffer.from('0123456789abcdef')
const transports = {
  'PKCS#1 v1.5': [{ name: 'rsaes-pkcs1-v1_5' }, { padding: constants.RSA_PKCS1_PADDING }],
  'OAEP with SHA-256': [
    { name: 'rsaes-oaep', hash: 'sha256' },
    { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' },
  ],
} as const

for (const [name, [transport, padding]] of Object.entries(transports)) {
  test(`an RSA key decrypts a content key by ${name}, and tells nothing of what is no such key`, async () => {
    const encrypted = publicEncrypt({ key: registration.publicKey, ...padding }, contentKey)
    assert.deepEqual(await registration.unwrap?.(encrypted, transport), contentKey)
    const wrong = [Buffer.alloc(256, 7), Buffer.alloc(256, 0xff), Buffer.alloc(5), Buffer.alloc(0)]
    for (const bytes of wrong) {
      assert.notDeepEqual(await registration.unwrap?.(bytes, transport), contentKey)
    }
  })
}

test('a Vault that is away is no content key that is wrong', async () => {
  rsa.server.state.answer = 'sealed'
  const asked = registration.unwrap?.(Buffer.alloc(256, 7), { name: 'rsaes-pkcs1-v1_5' })
  await assert.rejects(asked ?? Promise.resolve(), isCode('vault_unavailable'))
  rsa.server.state.answer = 'as it should'
})
