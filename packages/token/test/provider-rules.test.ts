import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isProblem } from '@sallyport/problem'
import { createTokenVerifier, type IdentityProvider } from '../src/index.ts'
import { audience, issuer } from './identity-provider.ts'

/** The pointer of the member that is refused, and what was expected there. */
function faultOf(providers: Record<string, IdentityProvider>): string {
  try {
    createTokenVerifier({ providers, now: Date.now })
    return 'none'
  } catch (error) {
    assert.ok(isProblem(error))
    assert.equal(error.code, 'config_invalid')
    return `${error.pointer?.replace('/identityProviders/', '')} ${error.expected}`
  }
}

const corp = (members: Partial<IdentityProvider>) =>
  faultOf({ corp: { issuer, audience, ...members } })

test('keys come over https, or over http from this machine', () => {
  for (const jwksUrl of [
    'https://login.example.com/keys',
    'http://127.0.0.1:8080/keys',
    'http://127.9.8.7/keys',
    'http://[::1]:8080/keys',
    'http://localhost/keys',
  ]) {
    assert.equal(corp({ jwksUrl }), 'none', jwksUrl)
  }
  for (const jwksUrl of [
    'http://login.example.com/keys',
    'http://127.0.0.1.evil.com/keys',
    'http://localhost.evil.com/keys',
    'http://10.0.0.1/keys',
    'https://user:secret@login.example.com/keys',
    'https://login.example.com/keys#k1',
    'file:///etc/passwd',
    'keys.json',
    '',
  ]) {
    assert.match(corp({ jwksUrl }), /^corp\/jwksUrl jwksUrl: https/, jwksUrl)
  }
})

test('keys come from one place, or are discovered from an issuer that can be asked', () => {
  const jwksUrl = 'https://login.example.com/keys'
  assert.match(corp({ jwksUrl, jwksFile: 'k' }), /^corp\/jwksFile either jwksUrl or jwksFile/)
  assert.equal(corp({}), 'none')
  for (const other of ['urn:example:idp', 'http://login.example.com', `${issuer}/?a=b`, 'corp']) {
    assert.match(corp({ issuer: other }), /^corp\/issuer jwksUrl or jwksFile, or an issuer that/)
    assert.equal(corp({ issuer: other, jwksUrl }), 'none')
  }
})

test('two providers do not share an issuer', () => {
  const provider = { issuer, audience, jwksFile: 'keys.json' }
  assert.equal(faultOf({ one: provider, two: provider }), 'two/issuer an issuer of its own')
})

test('an algorithm without key pairs cannot be configured', () => {
  const algorithms = ['HS256'] as unknown as ['ES256']
  assert.match(corp({ jwksFile: 'k', algorithms }), /^corp\/algorithms algorithms of ES256/)
  assert.match(corp({ jwksFile: 'k', algorithms: [] }), /^corp\/algorithms algorithms of/)
})

const secret = { clientId: 'gateway', clientSecretFile: 'secret' }

test('introspection has the credentials of its authentication, and no others', () => {
  const fault = (introspection: IdentityProvider['introspection']) =>
    introspection === undefined ? '' : corp({ introspection })
  assert.equal(fault(secret), 'none')
  assert.match(fault({ clientId: 'gateway' }), /^corp\/introspection clientSecretFile, for/)
  assert.match(
    fault({ ...secret, authentication: 'private_key_jwt' }),
    /^corp\/introspection privateKeyFile, for private_key_jwt/,
  )
  assert.match(
    fault({ ...secret, privateKeyFile: 'key.pem' }),
    /^corp\/introspection\/privateKeyFile no privateKeyFile: client_secret_basic/,
  )
  const mutual = {
    clientId: 'gateway',
    authentication: 'tls_client_auth' as const,
    certificateFile: 'client.crt',
    privateKeyFile: 'client.key',
  }
  assert.equal(fault(mutual), 'none')
  assert.match(fault({ ...mutual, keyId: 'k1' }), /^corp\/introspection\/keyId no keyId/)
  const plain = { ...mutual, url: 'http://localhost:8080/introspect' }
  assert.match(fault(plain), /^corp\/introspection\/url https, as a client certificate/)
  assert.match(
    fault({ ...secret, url: 'http://login.example.com/introspect' }),
    /^corp\/introspection\/url https, or http on this machine/,
  )
})

test('a provider of opaque tokens has introspection, and no keys', () => {
  assert.match(corp({ tokenType: 'opaque' }), /^corp\/tokenType introspection/)
  const opaque = { tokenType: 'opaque', introspection: secret } as const
  assert.equal(corp(opaque), 'none')
  const jwksUrl = 'https://login.example.com/keys'
  assert.match(corp({ ...opaque, jwksUrl }), /^corp\/jwksUrl no jwksUrl: tokens are opaque/)
  assert.match(corp({ ...opaque, jwksFile: 'k' }), /^corp\/jwksFile no jwksFile/)
})

test('introspection without its address needs an issuer that can be asked', () => {
  const other = { issuer: 'urn:example:idp', jwksFile: 'k' }
  assert.match(
    corp({ ...other, introspection: secret }),
    /^corp\/issuer introspection\.url, or an issuer that can be asked/,
  )
  const url = 'https://login.example.com/introspect'
  assert.equal(corp({ ...other, introspection: { ...secret, url } }), 'none')
})
