import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { before, describe, test } from 'node:test'
import { parse, stringify } from 'yaml'
import { newFolder, sallyport } from '../sallyport.ts'
import { blocksOf, shellLines, wordsOf } from './guide.ts'

type Members = Record<string, unknown>

const page = readFileSync(new URL('../../../../../docs/guide/access.md', import.meta.url), 'utf8')
const [excerpt = '', table = ''] = blocksOf(page, 'yaml')

/** The members of the excerpt, in place of those that are there already or beside them. */
function merge(into: Members, from: Members): Members {
  for (const [key, value] of Object.entries(from)) {
    const there = into[key]
    const areMaps = [value, there].every(
      (one) => typeof one === 'object' && one !== null && !Array.isArray(one),
    )
    into[key] = areMaps ? merge(there as Members, value as Members) : value
  }
  return into
}

const cwd = newFolder()
const file = path.join(cwd, 'sallyport.yaml')

before(async () => {
  const made = await sallyport(
    ['init', '--dir', cwd, '--trust-domain', 'example.com', '--passphrase-file', '--yes'],
    { cwd },
  )
  assert.equal(made.code, 0, made.stderr)
  const config = merge(parse(readFileSync(file, 'utf8')) as Members, parse(excerpt) as Members)
  writeFileSync(file, stringify(config))
  writeFileSync(path.join(cwd, 'access.yaml'), table)
})

describe('the guide to access', () => {
  test('its configuration is valid', async () => {
    const { code, stderr } = await sallyport(['config', 'validate'], { cwd })
    assert.equal(code, 0, stderr)
  })

  for (const line of shellLines(page)) {
    test(`its line works, and its table says what happens: ${line}`, async () => {
      const { code, stdout, stderr } = await sallyport(wordsOf(line).slice(1), { cwd })
      assert.equal(code, 0, stdout + stderr)
      assert.match(stderr, /8 of 8 cases are as expected/)
    })
  }
})

/** The outcomes of cases by their name. */
async function outcomes(
  command: 'access' | 'routes',
  cases: Members,
): Promise<{ code: number; stderr: string; of: Record<string, Members>; notRun: string[] }> {
  writeFileSync(path.join(cwd, 'cases.yaml'), stringify(cases))
  const { code, stdout, stderr } = await sallyport([command, 'test', 'cases.yaml', '--json'], {
    cwd,
  })
  const { outcomes: all = [], notRun = [] } = (stdout === '' ? {} : JSON.parse(stdout)) as {
    outcomes?: Members[]
    notRun?: string[]
  }
  return { code, stderr, notRun, of: Object.fromEntries(all.map((one) => [one['name'], one])) }
}

const ada = { claims: { sub: 'ada', scope: 'openid accounts', accounts: ['12'] } }
const device = { platform: 'android', appVersion: '4.2' }

describe('routes test', () => {
  test('names the stage that refuses, and why, for the whole pipeline', async () => {
    const { code, of } = await outcomes('routes', {
      cases: [
        { name: 'fine', path: '/v1/x?y', user: ada, device },
        { name: 'no device', path: '/v1/x', user: ada },
        { name: 'revoked', path: '/v1/x', user: ada, device: { ...device, status: 'revoked' } },
        { name: 'same device again', path: '/v1/x', user: ada, device },
        { name: 'no user', path: '/v1/x', device },
        { name: 'stale sign-in', path: '/v1/payments', method: 'POST', user: ada, device },
        { name: 'no route', path: '/v2', user: ada, device },
        { name: 'method', path: '/v1/payments', user: ada, device },
        { name: 'trick', path: '/v1/accounts/12;x', user: ada, device },
        {
          name: 'other host',
          path: '/v1/x',
          headers: { host: 'x.example.com' },
          user: ada,
          device,
        },
        { name: 'unknown host', host: 'x.example.com', path: '/v1/x', user: ada, device },
        { name: 'expired', path: '/v1/x', user: { claims: { sub: 'ada', exp: 1 } }, device },
        { name: 'odd token', path: '/v1/x', user: { claims: { scope: 7 } }, device },
      ],
    })
    assert.equal(code, 0)
    const said = Object.entries(of).map(([name, { stage, code: reason, rule }]) => [
      name,
      stage ?? rule,
      reason,
    ])
    assert.deepEqual(said, [
      ['fine', 'signed-in', null],
      ['no device', 'device', 'device_certificate_required'],
      ['revoked', 'device', 'device_revoked'],
      ['same device again', 'signed-in', null],
      ['no user', 'token', 'token_required'],
      ['stale sign-in', 'token', 'step_up_required'],
      ['no route', 'route', 'route_not_found'],
      ['method', 'route', 'method_not_allowed'],
      ['trick', 'route', 'request_target_invalid'],
      ['other host', 'host', 'misdirected_request'],
      ['unknown host', 'host', 'misdirected_request'],
      ['expired', 'token', 'token_expired'],
      ['odd token', 'token', 'token_claims_invalid'],
    ])
  })
})

describe('access test', () => {
  test('answers 1 where a case comes out otherwise, with what every rule found', async () => {
    const { code, of } = await outcomes('access', {
      cases: [
        { name: 'right', path: '/v1/accounts/12', user: ada, device, expect: 'allow' },
        {
          name: 'wrong',
          path: '/v1/accounts/13',
          user: ada,
          device,
          expect: { rule: 'own-account' },
        },
      ],
    })
    assert.equal(code, 1)
    assert.deepEqual(of['right']?.['expectedOther'], [])
    assert.deepEqual(of['wrong']?.['expectedOther'], [
      { what: 'verdict', expected: 'allow', found: 'deny' },
      { what: 'rule', expected: 'own-account', found: 'none' },
    ])
    const rules = of['wrong']?.['rules'] as Members[]
    assert.deepEqual(
      rules.map(({ rule, check }) => [rule, check]),
      [
        ['own-account', 'parameters.accountId'],
        ['teller', 'permissions'],
      ],
    )
  })

  test('answers 2 where the table is none, with its place', async () => {
    const wrong: [Members, RegExp][] = [
      [{ cases: [] }, /cases\.yaml:1/],
      [{ cases: [{ path: '/', pth: '/' }] }, /did you mean/],
      [{ cases: [{ expect: 'allow' }] }, /a path, or the name of a route/],
      [{ cases: [{ route: 'nowhere' }] }, /no such route/],
      [{ cases: [{ route: 'account' }] }, /parameter of the route is missing/],
      [{ cases: [{ path: '/', user: 'eve' }] }, /no such name/],
      [{ cases: [{ path: '/', user: { provider: 'x', claims: {} } }] }, /no identity provider/],
      [{ cases: [{ path: '/', at: 'yesterday' }] }, /cases\.yaml:/],
    ]
    for (const [cases, said] of wrong) {
      const { code, stderr } = await outcomes('access', cases)
      assert.equal(code, 2, stderr)
      assert.match(stderr, said)
    }
  })
})
