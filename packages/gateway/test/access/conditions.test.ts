import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { compileCondition } from '../../src/access/cel/compile-condition.ts'
import { access, type Asked, now } from '../support/access.ts'

const asked: Asked = {
  user: {
    scopes: ['accounts', 'pay'],
    claims: {
      accounts: ['1', '2'],
      tier: 2,
      ratio: 0.5,
      ids: [1, 2],
      big: 2 ** 53 + 2,
      nested: { orgs: [{ name: 'a', accounts: ['1'] }] },
      constructor: { prototype: 'x' },
      'https://example.com/tenant': 'north',
      none: null,
    },
  },
  device: {},
  parameters: { accountId: '1' },
  target: '/v1/%61ccounts/1?q=secret',
}
const found = (when: string, request: Asked = asked) => {
  const { rule, refusal } = access([{ name: 'r', when }])(request)
  return rule === undefined ? refusal?.rules?.[0]?.found : true
}

const holding = [
  'request.parameters.accountId in user.claims.accounts',
  'request.parameters["accountId"] == "1"',
  'user.subject == "ada" && user.provider == "main" && user.clientId == "app"',
  '"pay" in user.scopes && !("admin" in user.roles)',
  // Whole numbers of a token are int, others double; both can be compared with either.
  'user.claims.tier == 2 && user.claims.tier >= 2 && user.claims.tier < 2.5 && user.claims.tier == 2.0',
  'user.claims.tier + 1 == 3 && user.claims.ratio < 1 && user.claims.ratio == 0.5',
  '2 in user.claims.ids && user.claims.ids.all(i, i > 0) && !(3 in user.claims.ids)',
  'user.claims.big > 9007199254740990.0',
  'user.claims.nested.orgs.exists(o, o.accounts.exists(a, a == request.parameters.accountId))',
  'user.claims.constructor.prototype == "x"',
  'user.claims["https://example.com/tenant"] == "north"',
  'has(user.claims.tier) && !has(user.claims.absent) && !has(user.session)',
  'user.claims.none == null',
  'device.platform == "android" && device.appVersion.isAtLeast("4.1.9") && device.own',
  'device.osPatchLevel.isAtLeast("2026-09") && !device.osPatchLevel.isAtLeast("2026-10")',
  'now - device.attestedAt < duration("2h") && now - user.authTime <= duration("2m")',
  'request.method == "GET" && request.path == "/v1/accounts/1" && request.host == "api.example.com"',
  'request.address == "192.0.2.1" && now.getDayOfWeek() == 5 && now.getHours() == 10',
  'user.claims.absent == 1 || device.assurance == "tee"',
]
for (const when of holding) test(`holds: ${when}`, () => assert.equal(found(when), true))

const failing: readonly [string, RegExp][] = [
  ['user.claims.absent == "x"', /^no_such_key: absent$/],
  ['user.claims.__proto__ == "x"', /^no_such_key/],
  ['user.claims.accounts.length == 2', /^no_such_key/],
  ['user.claims.tier == "2"', /^false$/],
  ['user.claims.tier < "3"', /^no_such_overload/],
  ['user.claims.none.x == 1', /^no_such_key|^unsupported/],
  ['user.claims.tier', /^it is not of type bool$/],
  ['1 / (user.claims.tier - 2) > 0', /^division_by_zero/],
  ['user.claims.accounts[9] == "x"', /^index_out_of_bounds/],
  ['user.session == "x"', /^no_such_key/],
  ['user.claims.accounts.all(a, a > 0)', /^no_such_overload/],
  ['timestamp(user.claims.accounts[0]) < now', /^invalid_timestamp/],
  ['request.parameters.other == "1"', /^no_such_key/],
]
for (const [when, said] of failing) {
  test(`is a refusal, and no throw: ${when}`, () => assert.match(String(found(when)), said))
}

test('without a user or a device, what looks at them refuses, also where it is negated', () => {
  assert.match(String(found('user.subject != "x"', {})), /unknown_variable: user/)
  assert.match(String(found('!(device.id == "x")', {})), /unknown_variable: device/)
  assert.match(String(found('!has(user.clientId)', {})), /unknown_variable/)
  const facts = { device: { facts: undefined, appId: undefined } }
  assert.match(String(found('device.platform != "ios"', facts)), /no_such_key/)
})

test('what is said of an error has no value of a claim in it', () => {
  const secret = { user: { claims: { pin: 'hunter2' } } }
  for (const when of ['bool(user.claims.pin)', 'int(user.claims.pin) > 1', 'user.claims.pin > 1']) {
    assert.doesNotMatch(String(found(when, secret)), /hunter2/)
  }
})

const faulty: readonly [string, RegExp][] = [
  ['usr.subject == "x"', /Unknown variable: usr, at line 1, column 1/],
  ['true &&\n  user.rolez == "x"', /No such key: rolez, at line 2, column 8/],
  ['has(user.rolez)', /No such key: rolez/],
  ['has(device.patch.x)', /No such key: patch/],
  ['1 +', /line 1, column 4/],
  ['user.subject', /of type string, not bool/],
  ['user.subject == 1', /overload/],
  ['user.subject.matches("(a+)+$")', /matches is not available/],
  ['["a"].map(x, x).join("") == "a"', /join is not available/],
  ['cel.bind(x, "a", x + x == "aa")', /bind is not available/],
  ['now.getHours("Europe/Berlin") > 8', /use during/],
  ['[1].all(a, [1].all(b, [1].all(c, c == 1)))', /more than 2 macros/],
  ['(((true)))'.padEnd(2_001), /more than 2000 characters/],
  [`${'('.repeat(900)}true${')'.repeat(900)}`, /maxDepth/],
  [`${'!'.repeat(1_900)}true`, /./],
  [`true${' && true'.repeat(240)}`, /max/],
  [`1 in [${'1,'.repeat(500)}1]`, /max/],
  [`"${'x'.repeat(10)}`, /./],
  ['constructor', /Unknown variable/],
  ['__proto__.x == 1', /./],
  ['this == 1', /./],
  ['import', /./],
]
for (const [when, said] of faulty) {
  test(`is found with the configuration: ${when.slice(0, 60)}`, () => {
    const { condition, fault } = compileCondition(when)
    assert.equal(condition, undefined)
    assert.match(fault ?? '', said)
  })
}

test('whatever is written as a condition is compiled or refused, and never thrown', () => {
  const words =
    "user device . claims [ ] ( ) 'a' 1 == && ! has in all , ? : { } - now 0x 1e999 \\u \" b' $ \n"
  const piece = fc.constantFrom(' ', ...words.split(' '))
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 25 }), (pieces) => {
      const { condition, fault } = compileCondition(pieces.join(''))
      assert.equal(typeof (condition === undefined ? fault : 'fine'), 'string')
      const variables = {
        user: undefined,
        device: undefined,
        request: undefined,
        now: new Date(now),
      }
      condition?.(variables as never)
    }),
    { numRuns: 3_000 },
  )
})
