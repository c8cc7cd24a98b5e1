import assert from 'node:assert/strict'
import { createHmac, generateKeyPairSync, sign } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { isProblem, publicCode, type ReasonCode, reasonOf } from '@sallyport/problem'
import fc from 'fast-check'
import { exportSPKI, importJWK } from 'jose'
import { createTokenVerifier, type IdentityProvider, type TokenVerifier } from '../src/index.ts'
import {
  audience,
  issuer,
  keysAnswer,
  now,
  nowSeconds,
  signToken,
  startProvider,
  type TestKey,
  testKey,
} from './identity-provider.ts'

let key: TestKey
let directory: string
let jwksFile: string

before(async () => {
  key = await testKey('k1')
  directory = mkdtempSync(join(tmpdir(), 'sallyport-token-'))
  jwksFile = join(directory, 'keys.json')
  writeFileSync(jwksFile, JSON.stringify({ keys: [key.jwk] }))
})
after(() => rmSync(directory, { recursive: true }))

function verifierOf(
  provider: Partial<IdentityProvider> = {},
  others: Record<string, IdentityProvider> = {},
): TokenVerifier {
  return createTokenVerifier({
    providers: { corp: { issuer, audience, jwksFile, ...provider }, ...others },

    now: () => now,
  })
}

async function codeOf(verification: Promise<unknown>): Promise<ReasonCode | 'accepted'> {
  try {
    await verification
    return 'accepted'
  } catch (error) {
    if (isProblem(error)) return error.code
    throw error
  }
}

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')

test('a token of a provider tells the user, and until when', async () => {
  const token = await signToken(key, { scope: 'read' })
  const { claims, ...verified } = await verifierOf().verify(token)
  assert.deepEqual(verified, {
    provider: 'corp',
    issuer,
    subject: 'user-1',
    tokenId: undefined,
    session: undefined,
    clientId: undefined,
    scopes: ['read'],
    confirmation: {},
    issuedAt: now,
    expiresAt: now + 300_000,
    authTime: undefined,
    goodUntil: now + 300_000,
  })
  assert.equal(claims['scope'], 'read')
})

test('keys come from a URL too', async () => {
  await using provider = await startProvider(keysAnswer(key))
  const { jwksUrl } = provider.provider
  const verifier = createTokenVerifier({
    providers: { corp: { issuer, audience, ...(jwksUrl === undefined ? {} : { jwksUrl }) } },

    now: () => now,
  })
  assert.equal((await verifier.verify(await signToken(key))).subject, 'user-1')
  assert.equal((await verifier.verify(await signToken(key))).subject, 'user-1')
  assert.equal(provider.requests(), 1)
})

test('the issuer says which provider, and a caller which ones count', async () => {
  const other = await testKey('k2')
  const otherFile = join(directory, 'other.json')
  writeFileSync(otherFile, JSON.stringify({ keys: [other.jwk] }))
  const otherIssuer = 'https://other.example.com'
  const verifier = verifierOf(
    {},
    { other: { issuer: otherIssuer, audience, jwksFile: otherFile, subjectClaim: 'oid' } },
  )
  const token = await signToken(other, { iss: otherIssuer, sub: undefined, oid: 'o-1' })
  const { provider, subject } = await verifier.verify(token)
  assert.deepEqual({ provider, subject }, { provider: 'other', subject: 'o-1' })
  assert.equal(await codeOf(verifier.verify(token, { providers: ['other'] })), 'accepted')
  assert.equal(
    await codeOf(verifier.verify(token, { providers: ['corp'] })),
    'token_issuer_unknown',
  )
  assert.equal(await codeOf(verifier.verify(token, { providers: [] })), 'token_issuer_unknown')
  // The key of one provider signs nothing for another.
  assert.equal(await codeOf(verifier.verify(await signToken(other))), 'token_key_unknown')
})

const refusedClaims: readonly [string, Record<string, unknown>, ReasonCode][] = [
  ['of another issuer', { iss: 'https://evil.example.com' }, 'token_issuer_unknown'],
  ['of the issuer with a slash more', { iss: `${issuer}/` }, 'token_issuer_unknown'],
  ['without an issuer', { iss: undefined }, 'token_issuer_unknown'],
  ['whose issuer is a list', { iss: [issuer] }, 'token_issuer_unknown'],
  ['for another audience', { aud: 'https://elsewhere.example.com' }, 'token_audience_wrong'],
  ['for no audience', { aud: undefined }, 'token_audience_wrong'],
  ['for an audience that contains ours', { aud: `${audience}.evil.com` }, 'token_audience_wrong'],
  ['for a list without us', { aud: ['a', 'b', 7] }, 'token_audience_wrong'],
  ['that expired one second ago', { exp: nowSeconds - 1 }, 'token_expired'],
  ['that expires this very second', { exp: nowSeconds }, 'token_expired'],
  ['without exp', { exp: undefined }, 'token_claims_invalid'],
  ['whose exp is a text', { exp: `${nowSeconds + 300}` }, 'token_claims_invalid'],
  ['that lives for ever', { exp: 1e300 }, 'token_claims_invalid'],
  ['without iat', { iat: undefined }, 'token_claims_invalid'],
  [
    'issued an hour ahead',
    { iat: nowSeconds + 3_600, exp: nowSeconds + 7_200 },
    'token_not_yet_valid',
  ],
  ['issued 11 seconds ahead', { iat: nowSeconds + 11 }, 'token_not_yet_valid'],
  ['not valid yet', { nbf: nowSeconds + 11 }, 'token_not_yet_valid'],
  ['whose nbf is a text', { nbf: 'now' }, 'token_claims_invalid'],
  ['without a user', { sub: undefined }, 'token_claims_invalid'],
  ['of a user without a name', { sub: '' }, 'token_claims_invalid'],
  ['whose user is a number', { sub: 7 }, 'token_claims_invalid'],
  ['whose user has a name too long', { sub: 'u'.repeat(256) }, 'token_claims_invalid'],
]
for (const [what, claims, code] of refusedClaims) {
  test(`a token ${what} is refused`, async () => {
    assert.equal(await codeOf(verifierOf().verify(await signToken(key, claims))), code)
  })
}

test('clocks may be ten seconds apart, and an audience may be one of several', async () => {
  const verifier = verifierOf()
  for (const claims of [
    { iat: nowSeconds + 10, nbf: nowSeconds + 10 },
    { exp: nowSeconds + 1.5 },
    { aud: ['https://elsewhere.example.com', audience] },
  ]) {
    assert.equal(await codeOf(verifier.verify(await signToken(key, claims))), 'accepted')
  }
})

const refusedHeaders: readonly [string, Record<string, unknown>, ReasonCode][] = [
  ['an ID token by its type', { typ: 'JWT' }, 'token_type_wrong'],
  ['without a type', { typ: undefined }, 'token_type_wrong'],
  ['whose type is a list', { typ: ['at+jwt'] }, 'token_type_wrong'],
  ['with a critical header', { crit: ['exp'], exp: 1 }, 'token_malformed'],
  ['with an empty crit', { crit: [] }, 'token_malformed'],
  ['with a huge kid', { kid: 'k'.repeat(257) }, 'token_malformed'],
  ['whose kid is a number', { kid: 7 }, 'token_malformed'],
  ['whose kid is a path', { kid: '../../keys.json' }, 'token_key_unknown'],
  ['of a key that is not there', { kid: 'k9' }, 'token_key_unknown'],
]
for (const [what, header, code] of refusedHeaders) {
  test(`a token ${what} is refused`, async () => {
    const [, claims, signature] = (await signToken(key)).split('.')
    const protectedHeader = { alg: 'ES256', typ: 'at+jwt', kid: 'k1', ...header }
    const token = `${encode(protectedHeader)}.${claims}.${signature}`
    assert.equal(await codeOf(verifierOf().verify(token)), code)
  })
}

test('at+jwt is known in its long form and in any case', async () => {
  for (const typ of ['application/at+jwt', 'AT+JWT']) {
    assert.equal(await codeOf(verifierOf().verify(await signToken(key, {}, { typ }))), 'accepted')
  }
})

test('a provider that does not mark access tokens can be configured', async () => {
  const verifier = verifierOf({ tokenType: 'JWT' })
  for (const typ of ['JWT', 'at+jwt', undefined]) {
    assert.equal(await codeOf(verifier.verify(await signToken(key, {}, { typ }))), 'accepted')
  }
  const logout = await signToken(key, {}, { typ: 'logout+jwt' })
  assert.equal(await codeOf(verifier.verify(logout)), 'token_type_wrong')
})

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

test('how far clocks may be apart is configured, for the beginning and the end apart', async () => {
  const accepts = async (claims: Record<string, unknown>, provider: Partial<IdentityProvider>) =>
    codeOf(verifierOf(provider).verify(await signToken(key, claims)))
  const ahead = { iat: nowSeconds + 60 }
  assert.equal(await accepts(ahead, { clockLeewaySeconds: 60 }), 'accepted')
  assert.equal(
    await accepts({ iat: nowSeconds + 1 }, { clockLeewaySeconds: 0 }),
    'token_not_yet_valid',
  )
  const over = { exp: nowSeconds - 1 }
  assert.equal(await accepts(over, { clockLeewaySeconds: 60 }), 'token_expired')
  assert.equal(await accepts(over, { expiryLeewaySeconds: 2 }), 'accepted')
  assert.equal(await accepts(over, { expiryLeewaySeconds: 1 }), 'token_expired')
})

test('a token tells session, client, scopes and what it is bound to, each as its provider writes it', async () => {
  const jkt = 'A'.repeat(43)
  const token = await signToken(key, {
    jti: 't-1',
    sid: 's-1',
    azp: 'wallet',
    scp: ['read', 'write'],
    auth_time: nowSeconds - 60,
    cnf: { jkt },
  })
  const verified = await verifierOf().verify(token)
  assert.equal(verified.tokenId, 't-1')
  assert.equal(verified.session, 's-1')
  assert.equal(verified.clientId, 'wallet')
  assert.deepEqual(verified.scopes, ['read', 'write'])
  assert.equal(verified.authTime, now - 60_000)
  assert.deepEqual(verified.confirmation, { jkt })
  const named = await verifierOf({ sessionClaim: 'session_state' }).verify(
    await signToken(key, { session_state: 's-2', client_id: 'a', azp: 'b', scp: 'read  write' }),
  )
  assert.equal(named.session, 's-2')
  assert.equal(named.clientId, 'a')
  assert.deepEqual(named.scopes, ['read', 'write'])
  const refused: readonly [Record<string, unknown>, ReasonCode][] = [
    [{ jti: 7 }, 'token_claims_invalid'],
    [{ sid: '' }, 'token_claims_invalid'],
    [{ scope: { read: true } }, 'token_claims_invalid'],
    [{ scp: [7] }, 'token_claims_invalid'],
    [{ cnf: { jwk: {} } }, 'token_confirmation_unknown'],
    [{ cnf: { 'x5t#S256': 'ab'.repeat(32) } }, 'token_confirmation_hex'],
    [{ cnf: null }, 'token_claims_invalid'],
  ]
  for (const [claims, code] of refused) {
    assert.equal(await codeOf(verifierOf().verify(await signToken(key, claims))), code)
  }
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

test('a caller outside learns only that a token is invalid, or expired', () => {
  const told = new Set([...refusedClaims, ...refusedHeaders].map(([, , code]) => publicCode(code)))
  assert.deepEqual([...told].toSorted(), ['token_expired', 'token_invalid'])
  for (const [, , code] of refusedClaims) {
    assert.equal(reasonOf(code).status, 401)
    assert.equal(reasonOf(code).action, 'refresh-token')
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
