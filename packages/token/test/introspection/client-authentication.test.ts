import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import { test } from 'node:test'
import { decodeJwt, decodeProtectedHeader } from 'jose'
import { clientAuthentication } from '../../src/introspection/client-authentication.ts'
import type { IntrospectionConfig } from '../../src/introspection/introspection-config.ts'
import { introspectionRules } from '../../src/introspection/introspection-rules.ts'
import { issuer, now as start, nowSeconds } from '../identity-provider.ts'

/** A way to authenticate whose file says what it is told to. */
function authenticating(config: Partial<IntrospectionConfig>, content: string | undefined) {
  const state = { now: start, content }
  const failures: (string | undefined)[] = []
  const authenticate = clientAuthentication({
    issuer,
    rules: introspectionRules({ clientId: 'gate way', ...config }, []),
    readFile: () =>
      state.content === undefined
        ? Promise.reject(new Error('ENOENT'))
        : Promise.resolve(Buffer.from(state.content)),
    now: () => state.now,
    onFailure: ({ message, found }) => failures.push(`${message}: ${found}`),
  })
  return { state, failures, authenticate, ask: () => authenticate(new URLSearchParams()) }
}
const basic = (pair: string) => `Basic ${Buffer.from(pair).toString('base64')}`

test('client and secret are encoded as forms are before they are put together', async () => {
  const { ask } = authenticating({ clientSecretFile: 'secret' }, 'a:b %+&é\n')
  assert.equal(await ask(), basic('gate+way:a%3Ab+%25%2B%26%C3%A9'))
})

test('a secret that is replaced is noticed within a minute; one that cannot be read leaves the last', async () => {
  const { state, failures, ask } = authenticating({ clientSecretFile: 'secret' }, 'one')
  assert.equal(await ask(), basic('gate+way:one'))
  state.content = 'two'
  assert.equal(await ask(), basic('gate+way:one'))
  state.now += 60_000
  await ask()
  await setImmediate()
  assert.equal(await ask(), basic('gate+way:two'))
  state.content = undefined
  state.now += 60_000
  await ask()
  await setImmediate()
  assert.equal(await ask(), basic('gate+way:two'))
  assert.deepEqual(failures, ['a secret in secret cannot be read: ENOENT'])
})

test('without its secret nothing is asked', async () => {
  const { ask } = authenticating({ clientSecretFile: 'secret' }, '\n')
  await assert.rejects(ask(), { code: 'identity_provider_unavailable', found: 'it is empty' })
})

const keys = {
  ES256: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  ES384: generateKeyPairSync('ec', { namedCurve: 'P-384' }),
  PS256: generateKeyPairSync('rsa', { modulusLength: 2_048 }),
  EdDSA: generateKeyPairSync('ed25519'),
}
for (const [algorithm, { privateKey }] of Object.entries(keys)) {
  test(`an assertion is signed with ${algorithm} where the key is one for it, and lives a minute`, async () => {
    const pem = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString()
    const config = {
      authentication: 'private_key_jwt',
      privateKeyFile: 'key.pem',
      keyId: 'k1',
    } as const
    const { authenticate } = authenticating(config, pem)
    const form = new URLSearchParams()
    assert.equal(await authenticate(form), undefined)
    const assertion = form.get('client_assertion') ?? ''
    assert.deepEqual(decodeProtectedHeader(assertion), { alg: algorithm, kid: 'k1' })
    const { jti, ...claims } = decodeJwt(assertion)
    assert.deepEqual(claims, {
      iss: 'gate way',
      sub: 'gate way',
      aud: issuer,
      iat: nowSeconds,
      exp: nowSeconds + 60,
    })
    const other = new URLSearchParams()
    await authenticate(other)
    assert.notEqual(decodeJwt(other.get('client_assertion') ?? '').jti, jti)
  })
}
