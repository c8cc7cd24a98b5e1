import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { isProblem, type Problem } from '@sallyport/problem'
import { createTokenVerifier, type IdentityProvider } from '../src/index.ts'
import { metadataUrls } from '../src/discovery.ts'
import { audience, now, signToken, testKey } from './identity-provider.ts'

const key = await testKey('k1')

/** A server that answers each path as it is told, and 404 elsewhere; and what it was asked for. */
async function startServer(answers: (origin: string) => Record<string, unknown>) {
  const asked: string[] = []
  const server = createServer((request, response) => {
    asked.push(request.url ?? '')
    const answer = answers(origin)[request.url ?? '']
    response.statusCode = answer === undefined ? 404 : 200
    response.end(typeof answer === 'string' ? answer : JSON.stringify(answer))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    origin,
    asked,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

const keys = { keys: [key.jwk] }
const rfc8414 = '/.well-known/oauth-authorization-server'
const openid = '/.well-known/openid-configuration'

/** Whether a token of this issuer is accepted, or else why not. */
async function outcome(
  issuer: string,
  settings: Partial<IdentityProvider> = {},
): Promise<Problem | 'accepted'> {
  const verifier = createTokenVerifier({
    providers: { corp: { issuer, audience, ...settings } },
    now: () => now,
  })
  try {
    await verifier.verify(await signToken(key, { iss: issuer }))
    return 'accepted'
  } catch (error) {
    if (isProblem(error)) return error
    throw error
  }
}

const foundOf = async (issuer: string, settings?: Partial<IdentityProvider>): Promise<string> => {
  const problem = await outcome(issuer, settings)
  return problem === 'accepted' ? problem : `${problem.code}: ${problem.found}`
}

test('the well-known part stands between host and path (RFC 8414), or after the path (OpenID Connect)', () => {
  const hrefs = (issuer: string) => metadataUrls(issuer).map(({ href }) => href)
  assert.deepEqual(hrefs('https://id.example.com'), [
    `https://id.example.com${rfc8414}`,
    `https://id.example.com${openid}`,
  ])
  assert.deepEqual(hrefs('https://id.example.com/realms/one/'), [
    `https://id.example.com${rfc8414}/realms/one`,
    `https://id.example.com/realms/one${openid}`,
  ])
})

test('keys are where the metadata of the issuer says, and it is read once', async () => {
  await using server = await startServer((origin) => ({
    [`${rfc8414}/one`]: { issuer: `${origin}/one`, jwks_uri: `${origin}/keys` },
    '/keys': keys,
  }))
  const issuer = `${server.origin}/one`
  const verifier = createTokenVerifier({
    providers: { corp: { issuer, audience } },
    now: () => now,
  })
  const token = await signToken(key, { iss: issuer })
  await Promise.all(Array.from({ length: 20 }, () => verifier.verify(token)))
  assert.deepEqual(server.asked, [`${rfc8414}/one`, '/keys'])
})

test('a provider with OpenID Connect alone is discovered, too', async () => {
  await using server = await startServer((origin) => ({
    [`/one${openid}`]: { issuer: `${origin}/one`, jwks_uri: `${origin}/keys` },
    '/keys': keys,
  }))
  assert.equal(await outcome(`${server.origin}/one`), 'accepted')
  assert.deepEqual(server.asked, [`${rfc8414}/one`, `/one${openid}`, '/keys'])
})

test('metadata of another issuer is not taken, by however little it differs', async () => {
  for (const tail of ['/', '/one', '?', ' ']) {
    await using server = await startServer((origin) => ({
      [rfc8414]: { issuer: origin + tail, jwks_uri: `${origin}/keys` },
      [openid]: { issuer: origin.toUpperCase(), jwks_uri: `${origin}/keys` },
      '/keys': keys,
    }))
    const found = await foundOf(server.origin)
    assert.match(found, /^identity_provider_unavailable: .*it is of another issuer/)
    assert.ok(!server.asked.includes('/keys'))
  }
})

test('metadata that is none, or names no keys that may be asked for, is refused', async () => {
  const refused: readonly [unknown, RegExp][] = [
    ['<html>', /no JSON/],
    [[], /no object/],
    [{}, /another issuer: none/],
    [{ jwks_uri: undefined }, /none/],
    [{ jwks_uri: 7 }, /none/],
    [{ jwks_uri: 'http://keys.example.com/keys' }, /none/],
    [{ jwks_uri: 'file:///etc/passwd' }, /none/],
    [{ jwks_uri: 'https://user:secret@keys.example.com/' }, /none/],
  ]
  for (const [metadata, expected] of refused) {
    await using server = await startServer((origin) => {
      const isMetadata = typeof metadata === 'object' && metadata !== null && 'jwks_uri' in metadata
      return { [rfc8414]: isMetadata ? { issuer: origin, ...metadata } : metadata }
    })
    assert.match(await foundOf(server.origin), expected, JSON.stringify(metadata))
  }
  await using twice = await startServer((origin) => ({
    [rfc8414]: `{"issuer":"${origin}","jwks_uri":"${origin}/a","jwks_uri":"${origin}/b"}`,
  }))
  assert.match(await foundOf(twice.origin), /two members of one name/)
})

test('metadata leads to no private address, nor to another port of this machine', async () => {
  await using victim = await startServer(() => ({ '/keys': keys }))
  for (const jwks_uri of [
    `${victim.origin}/keys`,
    'https://10.0.0.1/keys',
    'https://169.254.169.254/latest/meta-data',
    'https://[::1]/keys',
  ]) {
    await using server = await startServer((origin) => ({
      [rfc8414]: { issuer: origin, jwks_uri },
    }))
    assert.match(await foundOf(server.origin), /was expected/, jwks_uri)
  }
  assert.deepEqual(victim.asked, [])

  await using server = await startServer((origin) => ({
    [rfc8414]: { issuer: origin, jwks_uri: `${victim.origin}/keys` },
  }))
  assert.equal(await outcome(server.origin, { privateAddresses: true }), 'accepted')
})

test('metadata over 128 KiB is not read', async () => {
  await using server = await startServer(() => ({
    [rfc8414]: 'x'.repeat(131_073),
    [openid]: 'x'.repeat(131_073),
  }))
  assert.match(await foundOf(server.origin), /more than 131072 bytes/)
})
