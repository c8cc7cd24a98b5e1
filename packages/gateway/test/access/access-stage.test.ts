import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { type TestContext, test } from 'node:test'
import type { DecisionRecord } from '@sallyport/wire'
import { createOfflineGateway, makePlan } from '../../src/index.ts'
import { type Answer, askOnce, eventually } from '../support/client.ts'
import { type Bed, readTestConfig, route, startBed } from '../support/gateway.ts'
import { startTestProvider, type TestProvider } from '../support/identity-provider.ts'
import { trustDomain } from '../support/world.ts'

const host = 'api.example.com'

type Setting = { readonly bed: Bed; readonly provider: TestProvider }

/** Accounts of customers, which tellers see as well; a host whose other routes take a scope. */
async function setUp(t: TestContext): Promise<Setting> {
  const provider = await startTestProvider(t)
  const own = {
    name: 'own-account',
    scopes: ['accounts'],
    parameters: { accountId: { in: 'claims.accounts' } },
  }
  const teller = {
    name: 'teller',
    permissions: ['accounts.read'],
    device: { minimumAssurance: 'tee' },
    when: 'device.platform == "android" && !(request.parameters.accountId in user.claims.hidden)',
  }
  const bed = await startBed(t, {
    hosts: {
      [host]: {
        clientCertificate: 'explain',
        stages: {
          token: {},
          access: { rules: [{ name: 'signed-in', scopes: ['openid', 'all'] }] },
        },
        routes: [
          route({
            name: 'account',
            match: { path: '/v1/accounts/{accountId}' },
            stages: { access: { rules: [own, teller] } },
          }),
          route({
            name: 'watched',
            match: { path: '/watched/*' },
            stages: { access: { mode: 'shadow', rules: [{ name: 'nobody', roles: ['none'] }] } },
          }),
          route({ name: 'rest', match: { path: '/v1/*' } }),
        ],
      },
    },
    gateway: { access: { roles: { teller: { permissions: ['accounts.read'] } } } },
    identityProviders: {
      main: { ...provider.settings, roles: { claim: 'realm.roles', map: { clerk: 'teller' } } },
    },
  })
  return { bed, provider }
}

const cases: readonly {
  readonly path: string
  readonly claims: Record<string, unknown>
  readonly assurance?: 'tee' | 'software'
  readonly says: string
}[] = [
  { path: '/v1/accounts/12', claims: { scope: 'accounts', accounts: ['12'] }, says: 'own-account' },
  {
    path: '/v1/accounts/1%32',
    claims: { scope: 'accounts', accounts: ['12'] },
    says: 'own-account',
  },
  {
    path: '/v1/accounts/13',
    claims: { scope: 'accounts', accounts: ['12'] },
    says: 'access_denied',
  },
  { path: '/v1/accounts/12', claims: { accounts: ['12'] }, says: 'scope_missing' },
  { path: '/v1/accounts/12', claims: { realm: { roles: ['clerk'] }, hidden: [] }, says: 'teller' },
  { path: '/v1/accounts/12', claims: { realm: { roles: ['clerk'] } }, says: 'access_denied' },
  {
    path: '/v1/accounts/12',
    claims: { realm: { roles: ['clerk'] }, hidden: ['12'] },
    says: 'access_denied',
  },
  {
    path: '/v1/accounts/12',
    claims: { realm: { roles: ['clerk'] }, hidden: [] },
    assurance: 'software',
    says: 'access_denied',
  },
  { path: '/v1/accounts/12', claims: { realm: { roles: ['teller'] } }, says: 'access_denied' },
  {
    path: '/v1/accounts/12/',
    claims: { scope: 'accounts', accounts: ['12'] },
    says: 'own-account',
  },
  {
    path: '/v1/accounts/12;x',
    claims: { scope: 'accounts', accounts: ['12'] },
    says: 'request_target_invalid',
  },
  { path: '/v1/other', claims: { scope: 'all openid' }, says: 'signed-in' },
  { path: '/v1/other', claims: { scope: 'openid' }, says: 'scope_missing' },
  { path: '/watched/x', claims: {}, says: 'undefined' },
  { path: '/v2', claims: { scope: 'all openid' }, says: 'route_not_found' },
]

test('the gateway and its offline twin decide the same, each decision naming its rule', async (t) => {
  const { bed, provider } = await setUp(t)
  const config = await readTestConfig(path.join(bed.directory, 'sallyport.yaml'))
  const offline = await createOfflineGateway(makePlan(config), { scope: 'whole', trustDomain })
  const devices = {
    tee: await bed.world.device({ assurance: 'tee' }),
    software: await bed.world.device({ assurance: 'software' }),
  }
  const ids: string[] = []
  for (const { path: target, claims, assurance = 'tee', says } of cases) {
    const headers = [`Authorization: Bearer ${await provider.token(claims)}`]
    const answer = await askOnce(bed, devices[assurance], target, { headers })
    const served = answer.status === 200
    ids.push(requestIdOf(answer))
    const at = Date.now()
    const decision = await offline.decide({
      host,
      method: 'GET',
      path: target,
      address: '127.0.0.1',
      headers: [],
      at,
      device: {
        id: 'dev_x',
        app: 'wallet',
        status: 'active',
        assurance,
        platform: 'android',
        appVersion: '1.0',
        osPatchLevel: undefined,
        attestedAt: at,
        enrolledAt: at,
        certifiedAt: at - 1_000,
        development: false,
      },
      user: { provider: 'main', claims: { sub: 'alice', ...claims } },
    })
    const told = `${target} ${JSON.stringify(claims)}`
    assert.equal(decision.refusal === undefined, served, told)
    assert.equal(decision.refusal?.code ?? String(decision.rule), says, told)
    if (!served) assert.equal(answer.json()['code'], says, told)
  }
  await eventually(async () => (await logged(bed)).length >= cases.length)
  const lines = await logged(bed)
  for (const [index, { says }] of cases.entries()) {
    const line = lines.find(({ requestId }) => requestId === ids[index])
    const rule = line?.['rule']
    assert.equal(String(line?.['code'] ?? rule), says)
  }
})

/** The service says what it was told; a refusal says it itself. */
function requestIdOf(answer: Answer): string {
  const body = answer.json<{ requestId?: string; headers?: Record<string, string> }>()
  return body.requestId ?? body.headers?.['x-request-id'] ?? ''
}

async function decisionOf(bed: Bed, answer: Answer): Promise<DecisionRecord> {
  let record: DecisionRecord | undefined
  // It is kept when the answer is out.
  await eventually(async () => {
    const found = await fetch(`${bed.operations}/decisions/${requestIdOf(answer)}`)
    if (found.ok) record = (await found.json()) as DecisionRecord
    else await found.body?.cancel()
    return found.ok
  })
  assert(record !== undefined)
  return record
}

async function logged(bed: Bed): Promise<Record<string, unknown>[]> {
  const text = await readFile(bed.accessLog, 'utf8')
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
}

test('who is refused learns no rule; the operator learns of each why not', async (t) => {
  const { bed, provider } = await setUp(t)
  const device = await bed.world.device()
  const ask = async (claims: Record<string, unknown>) =>
    askOnce(bed, device, '/v1/accounts/13', {
      headers: [`Authorization: Bearer ${await provider.token(claims)}`],
    })
  const refused = await ask({ scope: 'accounts', accounts: ['12'] })
  assert.equal(refused.status, 403)
  assert.doesNotMatch(JSON.stringify(refused.json()), /own-account|teller|claims|permission/)
  assert.equal(refused.headers['www-authenticate'], undefined)

  const record = await decisionOf(bed, refused)
  const stage = record.stages.find(({ stage: name }) => name === 'access')
  assert.equal(stage?.verdict, 'refuse')
  assert.deepEqual(stage.rules, [
    {
      rule: 'own-account',
      check: 'parameters.accountId',
      expected: 'accountId among claims.accounts',
      found: '13, which is not',
    },
    {
      rule: 'teller',
      check: 'permissions',
      expected: 'every permission of accounts.read',
      found: 'no permission',
    },
  ])

  const scope = await ask({ accounts: ['13'] })
  assert.equal(
    scope.headers['www-authenticate'],
    `Bearer realm="${host}", error="insufficient_scope", scope="accounts"`,
  )
  const allowed = await ask({ scope: 'accounts', accounts: ['13'] })
  assert.equal((await decisionOf(bed, allowed)).rule, 'own-account')
})

const faulty: readonly [object, RegExp][] = [
  [{ name: 'r', when: 'user.rolez == "x"' }, /sallyport\.yaml:\d+:\d+: .*not valid CEL/],
  [{ name: 'r', parameters: { other: { in: 'claims.x' } } }, /no such parameter/],
  [{ name: 'r', parameters: { id: { in: 'accounts' } } }, /nothing has this name/],
  [{ name: 'r', parameters: { id: { in: 'claims.x', equals: 'claims.y' } } }, /more than 1/],
  [{ name: 'r', during: { timeZone: 'Berlin' } }, /no such time zone/],
  [{ name: 'R' }, /name/],
  [{ name: 'r', role: ['x'] }, /role/],
]
for (const [rule, said] of faulty) {
  test(`is refused with the configuration, with its place: ${JSON.stringify(rule)}`, async (t) => {
    const routes = [route({ match: { path: '/{id}' }, stages: { access: { rules: [rule] } } })]
    const started = startBed(t, { hosts: { [host]: { clientCertificate: 'off', routes } } })
    await assert.rejects(started, said)
  })
}

test('a route may be free of what its host demands, and none may demand nothing', async (t) => {
  const access = { rules: [{ name: 'nobody', roles: ['none'] }] }
  const free = route({ match: { path: '/free' }, stages: { access: { mode: 'off' } } })
  const open = { clientCertificate: 'off', stages: { access } }
  const bed = await startBed(t, { hosts: { [host]: { ...open, routes: [free, route()] } } })
  assert.equal((await askOnce(bed, undefined, '/free')).status, 200)
  assert.equal((await askOnce(bed, undefined, '/other')).status, 401)
  const empty = route({ stages: { access: {} } })
  const started = startBed(t, { hosts: { [host]: { ...open, routes: [empty] } } })
  await assert.rejects(started, /without rules nobody is let in/)
})

test('two rules of the same name are refused: a decision could not say which', async (t) => {
  const rules = [
    { name: 'r', scopes: ['x'] },
    { name: 'r', scopes: ['y'] },
  ]
  const stages = { access: { rules } }
  const started = startBed(t, { hosts: { [host]: { clientCertificate: 'off', stages } } })
  await assert.rejects(started, /same name/)
})
