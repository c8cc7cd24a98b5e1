import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { TLSSocket } from 'node:tls'
import { isProblem } from '@sallyport/problem'
import { createTokenVerifier, type IdentityProvider, type TokenVerifier } from '../src/index.ts'
import { audience } from './identity-provider.ts'
import { type LiveProvider, signingKey, startLiveProvider } from './live-provider.ts'

let live: LiveProvider
before(async () => {
  live = await startLiveProvider()
})
after(() => live[Symbol.asyncDispose]())

const clock = { now: 0 }
function verifierOf(provider: IdentityProvider): TokenVerifier {
  clock.now = Date.now()
  return createTokenVerifier({ providers: { live: provider }, now: () => clock.now })
}

async function codeOf(verification: Promise<unknown>): Promise<string> {
  try {
    await verification
    return 'accepted'
  } catch (error) {
    if (isProblem(error)) return error.code
    throw error
  }
}

test('oidc-provider is discovered, and its JWTs are verified', async () => {
  const verifier = verifierOf(live.provider())
  const { value } = await live.token({ format: 'jwt', jkt: 'A'.repeat(43) })
  const verified = await verifier.verify(value)
  assert.equal(verified.issuer, live.issuer)
  assert.equal(verified.subject, 'ada')
  assert.equal(verified.clientId, 'app')
  assert.deepEqual(verified.scopes, ['accounts'])
  assert.deepEqual(verified.confirmation, { jkt: 'A'.repeat(43) })
  assert.equal(typeof verified.tokenId, 'string')
  assert.equal(await codeOf(verifier.verify((await live.token()).value)), 'token_malformed')
})

test('oidc-provider changes its keys: new tokens are taken, those of a withdrawn key are not', async () => {
  const verifier = verifierOf(live.provider())
  const [one, two] = [await signingKey('one'), await signingKey('two')]
  live.rotateTo(one)
  const old = await live.token({ format: 'jwt' })
  assert.equal(await codeOf(verifier.verify(old.value)), 'accepted')
  const version = verifier.keysVersion('live')

  live.rotateTo(two, one)
  const next = await live.token({ format: 'jwt' })
  clock.now += 30_000
  assert.equal(await codeOf(verifier.verify(next.value)), 'accepted')
  assert.equal(await codeOf(verifier.verify(old.value)), 'accepted')
  assert.equal(verifier.keysVersion('live'), version)

  live.rotateTo(two)
  clock.now += 200_000
  const asked = live.asked.length
  assert.equal(await codeOf(verifier.verify(next.value)), 'accepted')
  assert.equal(live.asked.length, asked)
  const stranger = await signingKey('three')
  live.rotateTo(stranger)
  const unknown = await live.token({ format: 'jwt' })
  live.rotateTo(two)
  assert.equal(await codeOf(verifier.verify(unknown.value)), 'token_key_unknown')
  assert.notEqual(verifier.keysVersion('live'), version)
  assert.equal(await codeOf(verifier.verify(old.value)), 'token_key_unknown')
})

const authentications: readonly [string, (files: LiveProvider['files']) => object][] = [
  [
    'client_secret_basic',
    ({ secret }) => ({ clientId: 'gateway-basic', clientSecretFile: secret }),
  ],
  ['client_secret_post', ({ secret }) => ({ clientId: 'gateway-post', clientSecretFile: secret })],
  [
    'private_key_jwt',
    ({ assertionKey }) => ({
      clientId: 'gateway-key',
      privateKeyFile: assertionKey,
      keyId: 'gateway',
    }),
  ],
  [
    'tls_client_auth',
    ({ clientKey, clientCertificate }) => ({
      clientId: 'gateway-tls',
      privateKeyFile: clientKey,
      certificateFile: clientCertificate,
    }),
  ],
]
for (const [authentication, members] of authentications) {
  test(`an opaque token of oidc-provider is asked about with ${authentication}`, async () => {
    const introspection = { ...members(live.files), authentication } as NonNullable<
      IdentityProvider['introspection']
    >
    const verifier = verifierOf({ ...live.provider(), introspection })
    const { value, revoke } = await live.token()
    const verified = await verifier.verify(value)
    assert.equal(verified.provider, 'live')
    assert.equal(verified.issuer, live.issuer)
    assert.equal(verified.subject, 'ada')
    assert.equal(verified.session, 's-1')
    assert.equal(verified.clientId, 'app')
    assert.deepEqual(verified.scopes, ['accounts'])
    assert.equal(verified.goodUntil, clock.now + 30_000)

    await revoke()
    assert.equal(await codeOf(verifier.verify(value)), 'accepted', 'it is remembered')
    clock.now += 30_000
    assert.equal(await codeOf(verifier.verify(value)), 'token_inactive')
  })
}

test('a separate endpoint for clients with a certificate is the one that is asked (RFC 8705 §5)', async () => {
  const { issuer, files } = live
  const seconds = Math.floor(Date.now() / 1_000)
  const presented: unknown[] = []
  live.answerWith((request, response) => {
    if (request.url === '/mutual') {
      presented.push((request.socket as TLSSocket).getPeerX509Certificate()?.subject)
      const token = { active: true, aud: audience, sub: 'ada', iat: seconds, exp: seconds + 60 }
      response.end(JSON.stringify(token))
      return
    }
    const introspection_endpoint = `${issuer}/plain`
    const mtls_endpoint_aliases = { introspection_endpoint: `${issuer}/mutual` }
    response.end(JSON.stringify({ issuer, introspection_endpoint, mtls_endpoint_aliases }))
  })
  const introspection = {
    clientId: 'gateway-tls',
    authentication: 'tls_client_auth' as const,
    privateKeyFile: files.clientKey,
    certificateFile: files.clientCertificate,
  }
  const verifier = verifierOf({ ...live.provider(), tokenType: 'opaque', introspection })
  try {
    assert.equal((await verifier.verify('opaque')).subject, 'ada')
    assert.deepEqual(presented, ['CN=gateway.example.com'])
  } finally {
    live.recover()
  }
})

test('a client that the provider does not know may ask nothing, and nothing is accepted', async () => {
  const introspection = { clientId: 'nobody' }
  const verifier = verifierOf(live.provider(introspection))
  const { value } = await live.token()
  assert.equal(await codeOf(verifier.verify(value)), 'identity_provider_unavailable')
})

test('a bound opaque token tells what it is bound to', async () => {
  const verifier = verifierOf(live.provider({}))
  const { value } = await live.token({ jkt: 'A'.repeat(43) })
  assert.deepEqual((await verifier.verify(value)).confirmation, { jkt: 'A'.repeat(43) })
})

test('an opaque token for another API is refused', async () => {
  const verifier = verifierOf(live.provider({}))
  const { value } = await live.token({ audience: 'https://other.example.com' })
  assert.equal(await codeOf(verifier.verify(value)), 'token_audience_wrong')
})

test('a refresh token is no access token, though the provider calls it active', async () => {
  const value = await live.refreshToken()
  const strict = verifierOf(live.provider({}))
  assert.equal(await codeOf(strict.verify(value)), 'token_audience_wrong')
  const lenient = verifierOf(live.provider({ requireAudience: false }))
  assert.equal(await codeOf(lenient.verify(value)), 'token_type_wrong')
})

test('tokens that the provider refuses to be asked about leave it open to everyone else', async () => {
  const verifier = verifierOf(live.provider({}))
  // oidc-provider answers 400 to whatever begins like a JWT.
  const header = Buffer.from('{"alg":"ES256"}').toString('base64url')
  for (let time = 0; time < 20; time++) {
    assert.equal(await codeOf(verifier.verify(`${header}.${time}.a.b.c`)), 'token_inactive')
  }
  const { value } = await live.token()
  assert.equal(await codeOf(verifier.verify(value)), 'accepted')
})
