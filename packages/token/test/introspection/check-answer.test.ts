import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ReasonCode } from '@sallyport/problem'
import { createTokenVerifier } from '../../src/index.ts'
import { issuer, now as start, nowSeconds, signToken, testKey } from '../identity-provider.ts'
import { active, key, saying, startIntrospection } from './introspecting-provider.ts'

const refusedAnswers: readonly [string, Record<string, unknown>, ReasonCode][] = [
  ['of another issuer', { iss: 'https://evil.example.com' }, 'token_issuer_unknown'],
  ['for another audience', { aud: ['https://other.example.com'] }, 'token_audience_wrong'],
  ['for no audience', { aud: undefined }, 'token_audience_wrong'],
  ['that expired one second ago', { exp: nowSeconds - 1 }, 'token_expired'],
  ['without exp', { exp: undefined }, 'token_claims_invalid'],
  ['without iat', { iat: undefined }, 'token_claims_invalid'],
  ['issued an hour ahead', { iat: nowSeconds + 3_600 }, 'token_not_yet_valid'],
  ['not valid yet', { nbf: nowSeconds + 60 }, 'token_not_yet_valid'],
  ['without a user', { sub: undefined }, 'token_claims_invalid'],
  ['that is a refresh token by its type', { token_type: 'refresh_token' }, 'token_type_wrong'],
  ['that is a refresh token by its use', { token_use: 'refresh_token' }, 'token_type_wrong'],
  ['of type DPoP that lost its key', { token_type: 'DPoP' }, 'token_claims_invalid'],
  ['bound in an unknown way', { cnf: { kid: 'x' } }, 'token_confirmation_unknown'],
]
for (const [what, members, code] of refusedAnswers) {
  test(`a token that the provider calls active is refused: ${what}`, async () => {
    await using corp = await startIntrospection(saying({ ...active, ...members }))
    assert.equal(await corp.code('t-1'), code)
  })
}

test('the user may be named by another member, and the issuer be left out', async () => {
  await using corp = await startIntrospection(
    saying({ ...active, iss: undefined, username: 'ada@corp' }),
    {
      subjectClaim: 'username',
    },
  )
  const { subject, issuer: from } = await corp.verifier.verify('t-1')
  assert.deepEqual([subject, from], ['ada@corp', issuer])
})

const jwt = { tokenType: 'at+jwt', jwksFile: 'keys' } as const

test('a JWT is verified here and asked about where introspection.always says so', async () => {
  await using corp = await startIntrospection(saying({ active: true }), jwt, {
    always: true,
    cacheSeconds: 5,
  })
  const token = await signToken(key)
  assert.equal((await corp.verifier.verify(token)).goodUntil, start + 5_000)
  assert.deepEqual(corp.asked, [token])
  corp.answerWith(saying({ active: false }))
  corp.clock.now += 5_000
  assert.equal(await corp.code(token), 'token_inactive')
  // What is refused here is not shown to the provider.
  const stranger = await signToken(await testKey('k1'))
  const asked = corp.asked.length
  assert.equal(await corp.code(stranger), 'token_signature_invalid')
  assert.equal(await corp.code(await signToken(key, { exp: nowSeconds - 1 })), 'token_expired')
  assert.equal(corp.asked.length, asked)
})

test('without introspection.always a JWT is not shown to its provider', async () => {
  await using corp = await startIntrospection(saying({ active: false }), jwt)
  assert.equal(await corp.code(await signToken(key)), 'accepted')
  assert.equal(corp.asked.length, 0)
  assert.equal(await corp.code('opaque'), 'token_inactive')
})

test('what the provider says of a JWT must not differ from it, and binds it where it says so', async () => {
  const [one, other] = ['A'.repeat(43), `${'B'.repeat(42)}A`]
  const token = await signToken(key, { cnf: { jkt: one } })
  const codeWith = async (members: object) => {
    await using corp = await startIntrospection(saying({ active: true, ...members }), jwt, {
      always: true,
    })
    return await corp.code(token)
  }
  assert.equal(await codeWith({ sub: 'user-1', cnf: { jkt: one } }), 'accepted')
  assert.equal(await codeWith({ sub: 'someone-else' }), 'token_claims_invalid')
  assert.equal(await codeWith({ cnf: { jkt: other } }), 'token_claims_invalid')
  assert.equal(await codeWith({ iss: 'https://evil.example.com' }), 'token_issuer_unknown')
  assert.equal(await codeWith({ aud: 'https://other.example.com' }), 'token_audience_wrong')
  await using corp = await startIntrospection(
    saying({ active: true, cnf: { 'x5t#S256': other } }),
    jwt,
    {
      always: true,
    },
  )
  const { confirmation } = await corp.verifier.verify(token)
  assert.deepEqual(confirmation, { jkt: one, x5tS256: other })
})

test('tokens in JWT form of a provider whose tokens are opaque are asked about, those of strangers are not', async () => {
  await using corp = await startIntrospection(saying(active))
  assert.equal(await corp.code(await signToken(key)), 'accepted')
  const foreign = await signToken(key, { iss: 'https://other.example.com' })
  assert.equal(await corp.code(foreign), 'token_issuer_unknown')
  assert.equal(corp.asked.length, 1)
})

test('an opaque token is shown to one provider alone, that the call allows', async () => {
  await using one = await startIntrospection(saying(active))
  await using two = await startIntrospection(saying(active))
  const verifier = createTokenVerifier({
    providers: { one: one.provider, two: { ...two.provider, issuer: `${issuer}/two` } },
    readFile: () => Promise.resolve(Buffer.from('s3cret')),
    now: () => start,
  })
  await assert.rejects(verifier.verify('t-1'), { code: 'token_provider_ambiguous' })
  assert.equal((await verifier.verify('t-1', { providers: ['one'] })).provider, 'one')
  assert.deepEqual([one.asked.length, two.asked.length], [1, 0])
  await assert.rejects(verifier.verify('t-1', { providers: [] }), { code: 'token_malformed' })
})

test('what can be no token is not shown to the provider', async () => {
  await using corp = await startIntrospection(saying(active))
  for (const token of ['', ' ', 'a b', 'a=b', 'é', 'a\n', '=', 'a,b', '{}']) {
    assert.equal(await corp.code(token), 'token_malformed', token)
  }
  assert.equal(await corp.code('A'.repeat(16_385)), 'token_too_large')
  assert.equal(corp.asked.length, 0)
})
