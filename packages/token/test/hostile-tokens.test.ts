import assert from 'node:assert/strict'
import { createHmac, generateKeyPairSync, sign } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { exportSPKI, importJWK } from 'jose'
import { createTokenVerifier } from '../src/index.ts'
import { audience, issuer, now, signToken, testKey } from './identity-provider.ts'
import { codeOf, directory, encode, jwksFile, key, verifierOf } from './provider-of-file.ts'

test('a token signed by nobody is refused', async () => {
  const [, claims] = (await signToken(key)).split('.')
  for (const alg of ['none', 'None', 'NONE', '']) {
    const header = encode({ alg, typ: 'at+jwt' })
    assert.equal(
      await codeOf(verifierOf().verify(`${header}.${claims}.AAAA`)),
      'token_algorithm_refused',
    )
    assert.equal(await codeOf(verifierOf().verify(`${header}.${claims}.`)), 'token_malformed')
  }
})

test('a public key is no secret: HMAC with it is refused', async () => {
  const [, claims] = (await signToken(key)).split('.')
  const publicKey = (await importJWK(key.jwk, 'ES256')) as CryptoKey
  const input = `${encode({ alg: 'HS256', typ: 'at+jwt', kid: 'k1' })}.${claims}`
  const mac = createHmac('sha256', await exportSPKI(publicKey))
    .update(input)
    .digest('base64url')
  assert.equal(await codeOf(verifierOf().verify(`${input}.${mac}`)), 'token_algorithm_refused')
})

test('an algorithm that the provider does not use is refused, though its key is there', async () => {
  const rsa = await testKey('k1', 'PS256')
  writeFileSync(join(directory, 'rsa.json'), JSON.stringify({ keys: [rsa.jwk] }))
  const verifier = verifierOf({ jwksFile: join(directory, 'rsa.json') })
  assert.equal(await codeOf(verifier.verify(await signToken(rsa))), 'token_algorithm_refused')
  const allowing = verifierOf({ jwksFile: join(directory, 'rsa.json'), algorithms: ['PS256'] })
  assert.equal(await codeOf(allowing.verify(await signToken(rsa))), 'accepted')
})

test('keys that a token brings, or says where they are, are never used', async () => {
  const own = await testKey('mine')
  let asked = 0
  const verifier = createTokenVerifier({
    providers: { corp: { issuer, audience, jwksFile } },
    resolveName: (_name, _options, callback) => {
      asked++
      callback(new Error('nothing to ask for'), [])
    },
    now: () => now,
  })
  const brought: Record<string, unknown>[] = [
    { jwk: own.jwk, kid: undefined },
    { jwk: own.jwk, kid: 'k1' },
    { jku: 'https://evil.example.com/keys', kid: 'k1' },
    { x5u: 'https://evil.example.com/chain', kid: 'k1' },
  ]
  for (const header of brought) {
    const token = await signToken(own, {}, header)
    assert.equal(await codeOf(verifier.verify(token)), 'token_signature_invalid')
  }
  assert.equal(asked, 0)
})

test('a token that was changed after it was signed is refused', async () => {
  const [header, , signature] = (await signToken(key)).split('.')
  const [, claims] = (await signToken(key, { sub: 'someone-else' })).split('.')
  assert.equal(
    await codeOf(verifierOf().verify(`${header}.${claims}.${signature}`)),
    'token_signature_invalid',
  )
})

test('what is no token is refused, and too large a token before it is read', async () => {
  const token = await signToken(key)
  const [header, claims, signature] = token.split('.')
  const broken = [
    '',
    '..',
    'opaque',
    `${header}.${claims}`,
    `${token}.`,
    `${token}.x`,
    `${token} `,
    `${token}=`,
    `${header}.${claims}.`,
    `.${claims}.${signature}`,
    `${encode([])}.${claims}.${signature}`,
    `${encode('at+jwt')}.${claims}.${signature}`,
    `${header}.${encode(null)}.${signature}`,
    `${header}.${Buffer.from('{"iss":').toString('base64url')}.${signature}`,
    `${header}.${Buffer.from([0x22, 0xff, 0x22]).toString('base64url')}.${signature}`,
  ]
  for (const text of broken) {
    assert.equal(await codeOf(verifierOf().verify(text)), 'token_malformed', text)
  }
  const large = await signToken(key, { groups: 'g'.repeat(16_384) })
  assert.equal(await codeOf(verifierOf().verify(large)), 'token_too_large')
})

test('a token with a claim or a header twice is refused, though JSON.parse takes the last', async () => {
  const [header = '', claims = '', signature] = (await signToken(key)).split('.')
  const twice = (part: string, member: string) => {
    const text = Buffer.from(part, 'base64url').toString()
    return Buffer.from(text.replace('{', `{${member},`)).toString('base64url')
  }
  for (const member of ['"sub":"admin"', '"\\u0073ub":"admin"', '"exp":9', '"x":{"y":1,"y":2}']) {
    const token = `${header}.${twice(claims, member)}.${signature}`
    assert.equal(await codeOf(verifierOf().verify(token)), 'token_malformed', member)
  }
  const token = `${twice(header, '"alg":"none"')}.${claims}.${signature}`
  assert.equal(await codeOf(verifierOf().verify(token)), 'token_malformed')
  const deep = Buffer.from(`{"a":${'['.repeat(6_000)}${']'.repeat(6_000)}}`).toString('base64url')
  assert.equal(
    await codeOf(verifierOf().verify(`${header}.${deep.slice(0, 8_000)}.${signature}`)),
    'token_malformed',
  )
})

test('a token of 64 kB is refused before anything of it is read', async () => {
  const token = await signToken(key, { groups: 'g'.repeat(48_000) })
  assert.ok(token.length > 64_000)
  assert.equal(await codeOf(verifierOf().verify(token)), 'token_too_large')
  assert.equal(await codeOf(verifierOf().verify('.'.repeat(65_536))), 'token_too_large')
  assert.equal(await codeOf(verifierOf().verify('A'.repeat(65_536))), 'token_too_large')
})

test('an RSA key below 2048 bits verifies nothing', async () => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 1_024 })
  const [, claims] = (await signToken(key)).split('.')
  const input = `${encode({ alg: 'RS256', typ: 'at+jwt', kid: 'k1' })}.${claims}`
  const signature = sign('sha256', Buffer.from(input), privateKey).toString('base64url')
  const file = join(directory, 'short.json')
  const jwk = { ...publicKey.export({ format: 'jwk' }), kid: 'k1' }
  writeFileSync(file, JSON.stringify({ keys: [jwk] }))
  const verification = verifierOf({ jwksFile: file }).verify(`${input}.${signature}`)
  assert.equal(await codeOf(verification), 'token_key_unknown')
})

test('a set of several keys without names: a token must say which', async () => {
  const nameless = [await testKey(undefined), await testKey(undefined)] as const
  const file = join(directory, 'nameless.json')
  writeFileSync(file, JSON.stringify({ keys: nameless.map(({ jwk }) => jwk) }))
  const token = await signToken(nameless[0])
  assert.equal(await codeOf(verifierOf({ jwksFile: file }).verify(token)), 'token_key_unknown')
})

test('keys that sign nothing, and those too weak, verify nothing', async () => {
  const file = join(directory, 'odd.json')
  const { x, ...half } = key.jwk
  const odd = [
    { kty: 'oct', kid: 'k1', k: 'c2VjcmV0' },
    { ...key.jwk, use: 'enc' },
    { ...key.jwk, key_ops: ['encrypt'] },
    { ...key.jwk, alg: 'ES384' },
    { ...half, x: x?.slice(1) },
    { kty: 'quantum', kid: 'k1' },
    null,
    7,
  ]
  for (const jwk of odd) {
    writeFileSync(file, JSON.stringify({ keys: [jwk] }))
    const code = await codeOf(verifierOf({ jwksFile: file }).verify(await signToken(key)))
    assert.ok(code === 'token_key_unknown' || code === 'identity_provider_unavailable', code)
  }
})

test('whatever comes instead of a token costs a coded refusal and nothing else', async () => {
  const verifier = verifierOf()
  const token = await signToken(key)
  const json = fc.json().map((text) => Buffer.from(text).toString('base64url'))
  const anything = fc.oneof(
    fc.string({ maxLength: 200 }),
    fc.tuple(json, json, fc.base64String()).map((parts) => parts.join('.')),
    fc
      .tuple(fc.nat(token.length - 1), fc.constantFrom(...'AZaz09-_.=+/ é'))
      .map(([at, character]) => token.slice(0, at) + character + token.slice(at + 1)),
  )
  await fc.assert(
    fc.asyncProperty(anything, async (text) => {
      const code = await codeOf(verifier.verify(text))
      assert.ok(code === 'accepted' ? text === token : code.startsWith('token_'), code)
    }),
    { numRuns: 500, seed: 1 },
  )
})
