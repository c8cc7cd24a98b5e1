import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { publicCode, type ReasonCode, reasonOf } from '@sallyport/problem'
import { createTokenVerifier, type IdentityProvider } from '../src/index.ts'
import {
  audience,
  issuer,
  keysAnswer,
  now,
  nowSeconds,
  signToken,
  startProvider,
  testKey,
} from './identity-provider.ts'
import { codeOf, directory, encode, key, verifierOf } from './provider-of-file.ts'

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
  [
    'issued a day ago that lives for a month',
    { iat: nowSeconds - 86_400, exp: nowSeconds + 30 * 86_400 },
    'token_expired',
  ],
  ['without exp', { exp: undefined }, 'token_claims_invalid'],
  ['whose exp is a text', { exp: `${nowSeconds + 300}` }, 'token_claims_invalid'],
  ['that lives for ever', { exp: 1e300 }, 'token_claims_invalid'],
  ['without iat', { iat: undefined }, 'token_claims_invalid'],
  [
    'issued an hour ahead',
    { iat: nowSeconds + 3_600, exp: nowSeconds + 7_200 },
    'token_not_yet_valid',
  ],
  ['issued an hour ahead', { iat: nowSeconds + 3_600 }, 'token_not_yet_valid'],
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

test('a token counts no longer than its end is remembered, whatever its exp says', async () => {
  const month = { iat: nowSeconds - 86_399, exp: nowSeconds + 30 * 86_400 }
  const { expiresAt, goodUntil } = await verifierOf().verify(await signToken(key, month))
  assert.deepEqual([expiresAt, goodUntil], [(nowSeconds + 1) * 1_000, (nowSeconds + 1) * 1_000])
  const hour = { iat: nowSeconds - 3_600, exp: nowSeconds + 3_600 }
  const accepts = async (maxLifetimeHours: number) =>
    codeOf(verifierOf({ maxLifetimeHours }).verify(await signToken(key, hour)))
  assert.deepEqual([await accepts(1), await accepts(1.5)], ['token_expired', 'accepted'])
})

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
  const okta = await verifierOf({ subjectClaim: 'uid', clientClaim: 'cid' }).verify(
    await signToken(key, { sub: 'alice@example.com', uid: '00u1', cid: '0oa1', client_id: 'a' }),
  )
  assert.deepEqual([okta.subject, okta.clientId], ['00u1', '0oa1'])
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

test('a caller outside learns only that a token is invalid, or expired', () => {
  const told = new Set([...refusedClaims, ...refusedHeaders].map(([, , code]) => publicCode(code)))
  assert.deepEqual([...told].toSorted(), ['token_expired', 'token_invalid'])
  for (const [, , code] of refusedClaims) {
    assert.equal(reasonOf(code).status, 401)
    assert.equal(reasonOf(code).action, 'refresh-token')
  }
})
