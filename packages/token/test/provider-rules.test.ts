import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isProblem } from '@sallyport/problem'
import { createTokenVerifier, type IdentityProvider } from '../src/index.ts'
import { audience, issuer } from './identity-provider.ts'

function faultOf(providers: Record<string, IdentityProvider>): string {
  try {
    createTokenVerifier({ providers, fetch, now: Date.now })
    return 'none'
  } catch (error) {
    assert.ok(isProblem(error))
    assert.equal(error.code, 'config_invalid')
    return `${error.detail}: ${error.expected}`
  }
}

const from = (jwksUrl: string) => faultOf({ corp: { issuer, audience, jwksUrl } })

test('keys come over https, or over http from this machine', () => {
  for (const url of [
    'https://login.example.com/keys',
    'http://127.0.0.1:8080/keys',
    'http://127.9.8.7/keys',
    'http://[::1]:8080/keys',
    'http://localhost/keys',
  ]) {
    assert.equal(from(url), 'none', url)
  }
  for (const url of [
    'http://login.example.com/keys',
    'http://127.0.0.1.evil.com/keys',
    'http://localhost.evil.com/keys',
    'http://10.0.0.1/keys',
    'https://user:secret@login.example.com/keys',
    'file:///etc/passwd',
    'keys.json',
    '',
  ]) {
    assert.match(from(url), /identityProviders\.corp: it cannot be used: (jwksUrl|either)/, url)
  }
})

test('keys come from one place', () => {
  const jwksUrl = 'https://login.example.com/keys'
  assert.match(faultOf({ corp: { issuer, audience } }), /either jwksUrl or jwksFile/)
  assert.match(
    faultOf({ corp: { issuer, audience, jwksUrl, jwksFile: 'keys.json' } }),
    /either jwksUrl or jwksFile/,
  )
})

test('two providers do not share an issuer', () => {
  const provider = { issuer, audience, jwksFile: 'keys.json' }
  assert.match(
    faultOf({ one: provider, two: provider }),
    /two: it cannot be used: an issuer of its own/,
  )
})

test('an algorithm without key pairs cannot be configured', () => {
  const algorithms = ['HS256'] as unknown as ['ES256']
  assert.match(faultOf({ corp: { issuer, audience, jwksFile: 'k', algorithms } }), /algorithms of/)
  assert.match(
    faultOf({ corp: { issuer, audience, jwksFile: 'k', algorithms: [] } }),
    /algorithms of/,
  )
})
