import assert from 'node:assert/strict'
import { test } from 'node:test'
import { access, now } from '../support/access.ts'

const user = (members: object = {}) => ({ user: members })

test('a request that no rule allows is refused, and the trace says of each rule why not', () => {
  const ask = access([
    { name: 'tellers', scopes: ['accounts'], roles: ['teller'] },
    { name: 'nightly', during: { timeZone: 'UTC', from: '22:00', to: '06:00' } },
  ])
  const { refusal, rule } = ask(user({ claims: {} }))
  assert.equal(refusal?.code, 'access_denied')
  assert.equal(rule, undefined)
  assert.deepEqual(
    refusal?.rules?.map(({ rule: name, check }) => [name, check]),
    [
      ['tellers', 'scopes'],
      ['nightly', 'during'],
    ],
  )
})

test('the first rule that holds is the one that is named', () => {
  const ask = access([
    { name: 'first', scopes: ['x'] },
    { name: 'second', scopes: ['a', 'b'] },
    { name: 'anyone' },
  ])
  assert.equal(ask(user({ scopes: ['a', 'b'] })).rule, 'second')
  assert.equal(ask(user({ scopes: ['a'] })).rule, 'anyone')
  assert.equal(ask().rule, 'anyone')
})

test('all scopes of a rule are needed, and the caller is told which to ask for', () => {
  const ask = access([{ name: 'pay', scopes: ['accounts', 'pay'] }])
  assert.equal(ask(user({ scopes: ['pay', 'accounts', 'x'] })).rule, 'pay')
  const { refusal } = ask(user({ scopes: ['pay'] }))
  assert.equal(refusal?.code, 'scope_missing')
  assert.deepEqual(refusal?.challenges, [
    'Bearer realm="api.example.com", error="insufficient_scope", scope="accounts pay"',
  ])
  const bound = ask({ user: {}, authorization: 'DPoP eyJ' })
  assert.match(bound.refusal?.challenges?.[0] ?? '', /^DPoP /)
})

test('where more than scopes is missing, the caller is not sent for scopes', () => {
  const ask = access([{ name: 'pay', scopes: ['pay'], roles: ['teller'] }])
  assert.equal(ask(user()).refusal?.code, 'access_denied')
})

test('without a user, the caller is told to sign in where that could help', () => {
  assert.equal(access([{ name: 'r', scopes: ['a'] }])().refusal?.code, 'token_required')
  const both = access([{ name: 'r', scopes: ['a'], device: {} }])
  assert.equal(both().refusal?.code, 'access_denied')
})

const provider = {
  roles: {
    claim: 'realm_access.roles',
    map: { 'bank-teller': 'teller', boss: ['teller', 'chief'] },
  },
  permissions: { claim: '/https:~1~1example.com~1permissions' },
}
const roles = {
  teller: { permissions: ['accounts.read'] },
  chief: { permissions: ['accounts.close'] },
}
const claims = (theirs: unknown, permissions?: unknown) =>
  user({
    claims: { realm_access: { roles: theirs }, 'https://example.com/permissions': permissions },
  })

test('roles come from a claim of the provider, by its table; permissions from roles and a claim', () => {
  const options = { provider, roles }
  const any = access([{ name: 'r', roles: ['chief', 'teller'] }], options)
  assert.equal(any(claims(['bank-teller'])).rule, 'r')
  assert.equal(any(claims('boss')).rule, 'r')
  assert.equal(any(claims(['teller'])).rule, undefined, 'a role that is not in the table')
  const all = access([{ name: 'r', roles: { all: ['chief', 'teller'] } }], options)
  assert.equal(all(claims(['boss'])).rule, 'r')
  assert.equal(all(claims(['bank-teller'])).rule, undefined)
  const permitted = access([{ name: 'r', permissions: ['accounts.read', 'x'] }], options)
  assert.equal(permitted(claims(['bank-teller'], ['x'])).rule, 'r')
  assert.equal(permitted(claims(['bank-teller'])).rule, undefined)
  assert.equal(permitted(claims([], ['x', 'accounts.read'])).rule, 'r')
})

test('the roles of one provider are not those of another', () => {
  const ask = access([{ name: 'r', roles: ['teller'] }], { provider, roles })
  const theirs = { realm_access: { roles: ['bank-teller'] } }
  assert.equal(ask(user({ claims: theirs })).rule, 'r')
  assert.equal(ask(user({ claims: theirs, provider: 'other' })).rule, undefined)
})

test('a parameter must be among what the token says, or equal to it', () => {
  const ask = access([
    { name: 'own', parameters: { accountId: { in: 'claims.accounts' } } },
    { name: 'self', parameters: { accountId: { equals: 'user.subject' } } },
    { name: 'device', parameters: { accountId: { equals: 'device.id' } } },
  ])
  const of = (accountId: string, accounts: unknown) =>
    ask({ user: { claims: { accounts } }, device: {}, parameters: { accountId } }).rule
  assert.equal(of('1', ['2', '1']), 'own')
  assert.equal(of('1', '1'), 'own')
  assert.equal(of('12', [12]), 'own')
  assert.equal(of('ada', []), 'self')
  assert.equal(of('dev_1', []), 'device')
  for (const accounts of [
    ['1'],
    '12',
    undefined,
    null,
    { 3: true },
    [['3']],
    [{ toString: '3' }],
  ]) {
    assert.equal(of('3', accounts), undefined, JSON.stringify(accounts))
  }
  assert.equal(of('012', [12]), undefined)
  assert.equal(of('9007199254740993', [9007199254740992]), undefined)
  assert.equal(of('length', ['a']), undefined)
})

test('what the certificate says of the device', () => {
  const holds = (settings: object, device: object) =>
    access([{ name: 'r', device: settings }])({ device }).rule === 'r'
  const facts = (members: object) => ({
    facts: { platform: 'android', appVersion: '4.2', appraisedAt: now - 7_200_000, ...members },
  })
  assert(holds({}, {}))
  assert(holds({ apps: ['wallet'] }, {}))
  assert(!holds({ apps: ['other'] }, {}))
  assert(holds({ platforms: ['ios', 'android'] }, {}))
  assert(!holds({ platforms: ['ios'] }, {}))
  assert(holds({ minimumAppVersion: '4.10' }, facts({ appVersion: '4.10' })))
  assert(!holds({ minimumAppVersion: '4.10' }, facts({ appVersion: '4.9' })))
  assert(holds({ minimumAssurance: 'tee' }, { assurance: 'strongbox' }))
  assert(!holds({ minimumAssurance: 'tee' }, { assurance: 'app-attested' }))
  assert(holds({ minimumPatchLevel: '2026-08' }, facts({ osPatchLevel: '2026-08-05' })))
  assert(!holds({ minimumPatchLevel: '2026-08-10' }, facts({ osPatchLevel: '2026-08-05' })))
  assert(!holds({ minimumPatchLevel: '2026-08' }, facts({})), 'unknown is not patched')
  assert(!holds({ minimumPatchLevel: '2026-08' }, facts({ osPatchLevel: '18.1' })))
  assert(holds({ maxAttestationAgeHours: 2 }, facts({})))
  assert(!holds({ maxAttestationAgeHours: 1 }, facts({})))
  const hourAgo = now - 3_600_000
  assert(holds({ minimumAgeHours: 1 }, facts({ enrolledAt: hourAgo })))
  assert(!holds({ minimumAgeHours: 2 }, facts({ enrolledAt: hourAgo })))
  assert(!holds({ minimumAgeHours: 1 }, facts({})), 'unknown is not old')
  for (const settings of [{ platforms: ['android'] }, { maxAttestationAgeHours: 9 }]) {
    assert(!holds(settings, { facts: undefined }), 'of a foreign CA nothing is known')
  }
  assert.equal(access([{ name: 'r', device: {} }])().refusal?.rules?.[0]?.check, 'device')
})

test('hours are those of the clocks of a place, also when they change', () => {
  const during = (window: object, at: string) =>
    access([{ name: 'r', during: { timeZone: 'Europe/Berlin', ...window } }])({
      at: Date.parse(at),
    }).rule === 'r'
  const office = { days: ['mon', 'tue', 'wed', 'thu', 'fri'], from: '08:00', to: '18:00' }
  assert(during(office, '2026-11-20T07:00:00Z'), 'Friday, 8 in winter')
  assert(!during(office, '2026-11-20T06:59:59Z'))
  assert(during(office, '2026-07-17T06:00:00Z'), 'Friday, 8 in summer')
  assert(during(office, '2026-07-17T15:59:59Z'))
  assert(!during(office, '2026-07-17T16:00:00Z'))
  assert(!during(office, '2026-11-21T10:00:00Z'), 'Saturday')
  // 29 March 2026, 2:00 becomes 3:00; 25 October, 3:00 becomes 2:00.
  const night = { from: '02:30', to: '03:00' }
  assert(!during(night, '2026-03-29T00:59:00Z'))
  assert(!during(night, '2026-03-29T01:00:00Z'), 'the hour is skipped')
  assert(during(night, '2026-10-25T00:30:00Z'), 'and comes twice')
  assert(during(night, '2026-10-25T01:30:00Z'))
  assert(!during(night, '2026-10-25T02:00:00Z'))
})

test('a window over midnight belongs to the day that it begins on', () => {
  const during = (at: string) =>
    access([{ name: 'r', during: { timeZone: 'UTC', days: ['fri'], from: '22:00', to: '06:00' } }])(
      {
        at: Date.parse(at),
      },
    ).rule === 'r'
  assert(during('2026-11-20T22:00:00Z'))
  assert(during('2026-11-21T05:59:00Z'))
  assert(!during('2026-11-21T06:00:00Z'))
  assert(!during('2026-11-21T22:00:00Z'))
  assert(!during('2026-11-20T05:00:00Z'), 'the night that Thursday began')
})
