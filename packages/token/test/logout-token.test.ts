import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isProblem } from '@sallyport/problem'
import fc from 'fast-check'
import { checkLogoutClaims, checkLogoutHeader, logoutEvent } from '../src/logout-token.ts'
import { providerRules } from '../src/provider-rules.ts'
import { audience, issuer, now, nowSeconds } from './identity-provider.ts'

const rules = (members: object = {}) => {
  const provider = { issuer, audience, jwksUrl: 'https://login.example.com/keys', ...members }
  const found = providerRules({ main: provider }).get(issuer)
  if (found === undefined) throw new TypeError('no rules')
  return found
}
const good = {
  iss: issuer,
  aud: ['other', 'wallet-app'],
  iat: nowSeconds,
  exp: nowSeconds + 120,
  jti: 'logout-1',
  sid: 'session-1',
  sub: 'user-1',
  events: { [logoutEvent]: {} },
}
const read = (claims: Readonly<Record<string, unknown>>, members?: object) =>
  checkLogoutClaims(claims, rules(members), ['wallet-app'], now)

test('a good logout token tells session, user and when, by the clock of its provider', () => {
  assert.deepEqual(read(good), {
    provider: 'main',
    issuer,
    tokenId: 'logout-1',
    session: 'session-1',
    subject: 'user-1',
    issuedAt: now,
    usableUntil: now + 120_000 + rules().clockLeewaySeconds * 1_000,
  })
})

test('a copy is usable no longer than the least of its own end and ten minutes', () => {
  const { usableUntil } = read({ ...good, exp: nowSeconds + 86_400 })
  assert.equal(usableUntil, now + 600_000 + rules().clockLeewaySeconds * 1_000)
})

test('the user is who the provider is configured to name by', () => {
  const claims = { ...good, sid: undefined, oid: 'object-1' }
  assert.equal(read(claims, { subjectClaim: 'oid' }).subject, 'object-1')
  assert.throws(() => read({ ...good, sid: undefined }, { subjectClaim: 'oid' }), {
    code: 'token_claims_invalid',
  })
})

test('the type is that of a logout token; where the provider marks none, none is needed', () => {
  const marked = (typ: unknown) => checkLogoutHeader({ alg: 'ES256', typ }, rules())
  marked('logout+jwt')
  marked('application/Logout+JWT')
  for (const typ of ['JWT', 'at+jwt', undefined, '', 7]) {
    assert.throws(() => marked(typ), { code: 'token_type_wrong' })
  }
  const lax = (typ: unknown) =>
    checkLogoutHeader({ alg: 'ES256', typ }, rules({ tokenType: 'JWT' }))
  for (const typ of ['logout+jwt', 'JWT', undefined]) lax(typ)
  assert.throws(() => lax('at+jwt'), { code: 'token_type_wrong' })
  for (const alg of ['none', 'HS256', undefined]) {
    assert.throws(() => checkLogoutHeader({ alg, typ: 'logout+jwt' }, rules()), {
      code: 'token_algorithm_refused',
    })
  }
})

test('whatever the claims are, they are read or refused, and never anything else', () => {
  const names = Object.keys(good)
  const claims = fc.record(
    Object.fromEntries(
      [...names, 'nonce'].map((name) => [
        name,
        fc.oneof(fc.constant(good[name as keyof typeof good]), fc.jsonValue()),
      ]),
    ),
    { requiredKeys: [] },
  )
  fc.assert(
    fc.property(claims, (given) => {
      try {
        const token = read(given)
        assert(token.session !== undefined || token.subject !== undefined)
        assert(token.usableUntil > now && token.issuedAt <= now + 60_000)
        assert(!Object.hasOwn(given, 'nonce'))
      } catch (error) {
        if (!isProblem(error)) throw error
      }
    }),
    { numRuns: 2_000 },
  )
})
