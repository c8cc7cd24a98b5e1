import assert from 'node:assert/strict'
import { performance } from 'node:perf_hooks'
import { test } from 'node:test'
import fc from 'fast-check'
import { claimAt, claimPath, namesAt } from '../../src/access/claim-path.ts'
import { runPipeline } from '../../src/pipeline/run-pipeline.ts'
import { access, prepared, requestOf } from '../support/access.ts'

const provider = { roles: { claim: 'realm.roles' }, permissions: { claim: 'permissions' } }
const ask = access(
  [
    { name: 'role', roles: ['admin'] },
    { name: 'permission', permissions: ['write'] },
    { name: 'parameter', parameters: { id: { in: 'claims.accounts' } } },
    { name: 'cel', when: '"admin" in user.roles || user.claims.realm.superuser == true' },
    { name: 'not-blocked', when: '!("blocked" in user.roles) && user.claims.trusted == true' },
  ],
  { provider },
)
const rule = (claims: Record<string, unknown>, parameters = { id: '1' }) =>
  ask({ user: { claims }, parameters }).rule

const odd: unknown[] = [
  { admin: true },
  { 0: 'admin', length: 1 },
  'administrator',
  ['Admin', 'admin '],
  [['admin']],
  [{ toString: 'admin' }],
  null,
  1,
  true,
  '',
  [],
  [null, 1, {}],
]
for (const roles of odd) {
  test(`roles of an odd type are no roles: ${JSON.stringify(roles)}`, () => {
    assert.equal(rule({ realm: { roles } }), undefined)
    assert.equal(rule({ realm: roles }), undefined)
    assert.equal(rule({ permissions: roles, accounts: { 1: '1' } }), undefined)
  })
}

test('what is inherited, or named after what is, is no claim', () => {
  const written = JSON.parse('{"__proto__": {"roles": ["admin"]}, "constructor": "1"}') as Record<
    string,
    unknown
  >
  assert.equal(rule(written), undefined)
  const nested = JSON.parse('{"realm": {"__proto__": {"roles": ["admin"]}}}') as typeof written
  assert.equal(rule(nested), undefined)
  assert.equal(claimAt({}, ['constructor', 'name']), undefined)
  assert.equal(claimAt({ list: ['admin'] }, ['list', '0']), undefined)
  assert.equal(
    access([{ name: 'r', parameters: { toString: { in: 'claims.x' } } }])({}).rule,
    undefined,
  )
})

test('more names than anyone has are none, and nobody passes for lack of one among them', () => {
  const roles = Array.from({ length: 30_000 }, (_, index) => `group-${index}`)
  roles[29_999] = 'admin'
  assert.equal(rule({ realm: { roles }, trusted: true }), undefined)
  assert.equal(rule({ realm: { roles: ['x'] }, trusted: true }), 'not-blocked')
})

test('claims nested a thousand deep cost the conditions that look at them, and nothing else', () => {
  let deep: unknown = 'admin'
  for (let level = 0; level < 1_000; level++) deep = level % 2 === 0 ? { roles: deep } : [deep]
  assert.equal(rule({ realm: deep }), undefined)
  assert.equal(rule({ realm: { roles: ['admin'] }, deep }), 'role')
  const cel = access([{ name: 'r', when: 'user.claims.tier == 2' }])
  assert.equal(cel({ user: { claims: { tier: 2, deep } } }).rule, 'r')
  const looks = access([{ name: 'r', when: 'user.claims.deep != 2' }])
  assert.equal(looks({ user: { claims: { deep: Array(5_000).fill(1) } } }).rule, undefined)
})

test('the most that one token makes a condition do is done in no time', () => {
  const when = 'user.claims.a.exists(x, user.claims.b.exists(y, x == y))'
  const list = (from: number, length = 250) =>
    Array.from({ length }, (_, index) => `${from + index}`)
  const cel = access([{ name: 'r', when }])
  const before = performance.now()
  assert.equal(cel({ user: { claims: { a: list(0), b: list(1_000) } } }).rule, undefined)
  assert(performance.now() - before < 1_000)
  // What is longer is not looked at where the work is a product.
  const long = cel({ user: { claims: { a: list(0, 251), b: list(0) } } })
  assert.equal(long.rule, undefined)
  assert.match(long.refusal?.rules?.[0]?.found ?? '', /unsupported_type/)
  const plain = access([{ name: 'r', when: 'user.claims.a.exists(x, x in user.claims.b)' }])
  assert.equal(plain({ user: { claims: { a: list(0, 1_000), b: list(999, 1_000) } } }).rule, 'r')
})

test('a text that is split costs no more than a list that long would', () => {
  const long = 'a,'.repeat(6_000)
  const list = Array.from({ length: 250 }, (_, index) => `${index}`)
  const conditions = [
    'user.claims.n.split(",").exists(a, a == "zz")',
    'user.claims.list.exists(a, user.claims.n.split("").size() == 1)',
    'request.path.split("/").exists(a, a == user.claims.n)',
    'user.scopes.exists(a, a.split(",").size() == 3)',
  ]
  for (const when of conditions) {
    const cel = access([{ name: 'r', when }])
    for (const n of [long.slice(0, 1_900), long]) {
      const before = performance.now()
      const target = `/v1/${n.replaceAll(',', '/')}`
      const { rule: passed, refusal } = cel({ user: { claims: { n, list }, scopes: [n] }, target })
      assert.equal(passed, undefined)
      assert(performance.now() - before < 500, when)
      // What is longer is not looked at, nor a path that no route has.
      const found = refusal?.rules?.[0]?.found ?? ''
      assert.match(found, n === long ? /unsupported_type|no_such_key/ : /false|no_such_key/, when)
    }
  }
  const splits = 'user.claims.n.split("")'
  const thrice = `${splits}.exists(a, ${splits}.exists(b, a == b))`
  assert.throws(() => access([{ name: 'r', when: thrice }]), /where split counts as one/)
  const alone = access([{ name: 'r', when: 'user.claims.n.split(",").size() == 6001' }])
  assert.equal(alone({ user: { claims: { n: long } } }).rule, 'r')
  const ofPath = access([{ name: 'r', when: 'request.path.split("/").exists(a, a == "x")' }])
  assert.equal(ofPath({ target: '/v1/x' }).rule, 'r')
})

test('a rule whose condition throws refuses with 503', () => {
  const throwing = {
    get user(): never {
      throw new Error('broken')
    },
  }
  const request = requestOf({})
  Object.defineProperty(request, 'user', Object.getOwnPropertyDescriptor(throwing, 'user') ?? {})
  const decide = prepared([{ name: 'r', scopes: ['x'] }])
  let code = ''
  const step = { stage: 'access', mode: 'enforce', decide, isEnforcedFor: undefined } as const
  runPipeline(request, [{ ...step, canBeLaxer: true, override: undefined, contentBytes: 0 }], {
    forward: () => (code = 'forwarded'),
    refuse: (_, refusal) => (code = refusal.code),
  })
  assert.equal(code, 'stage_unavailable')
})

test('no claims at all make the stage throw, and none that name no role let anyone in', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 4 })), (claims) => {
      const text = JSON.stringify(claims)
      fc.pre(!/admin|write|trusted|"1"|:1|\[1|,1/.test(text))
      assert.equal(rule(claims), undefined)
    }),
    { numRuns: 2_000 },
  )
})

test('paths into claims', () => {
  const claims = { a: { b: ['x'] }, 'https://e.com/r': ['y'], 'a.b': ['z'], '~': { '/': ['t'] } }
  const names = (text: string) => namesAt(claims, claimPath(text) ?? [])
  assert.deepEqual(names('a.b'), ['x'])
  assert.deepEqual(names('/https:~1~1e.com~1r'), ['y'])
  assert.deepEqual(names('/a.b'), ['z'])
  assert.deepEqual(names('/~0/~1'), ['t'])
  for (const path of ['', '.', 'a.', '.a', '/a/', '/', '/~2', 'a.b.c.d.e.f.g.h.i']) {
    assert.equal(claimPath(path), undefined, path)
  }
})
