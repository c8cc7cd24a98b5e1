import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { createTokenOnHost } from '../../src/admin/token-on-host.ts'
import { isInNetworks } from '../../src/admin/networks.ts'
import { movableClock } from '../fixture/clock.ts'
import { type Deployment, deploy } from '../fixture/deployment.ts'
import { storeIn, withStore } from '../fixture/store-place.ts'

const clock = movableClock()
let deployment: Deployment
before(async () => {
  deployment = await deploy({ now: clock.now })
})
after(() => deployment.close())

const as = (token: string, path: string, body?: object) =>
  deployment.admin(`/admin/v1/${path}`, {
    headers: { authorization: `Bearer ${token}` },
    ...(body === undefined ? {} : { body }),
  })
const make = (order: object, by = deployment.adminToken) =>
  as(by, 'admin-tokens', { label: 'test', role: 'admin', ...order })

test('a token lives for 30 days, and cannot be asked to live longer', async () => {
  const { body } = await make({})
  const { createdAt, expiresAt } = body.adminToken
  assert.equal(Date.parse(expiresAt) - Date.parse(createdAt), 30 * 86_400_000)
  assert.equal((await make({ lifetimeSeconds: 30 * 86_400 + 1 })).status, 400)
})

test('a token that is narrowed to verbs does these, and nothing else', async () => {
  const { token } = (await make({ verbs: ['read', 'enroll'] })).body
  assert.equal((await as(token, 'devices')).status, 200)
  assert.equal((await as(token, 'enrollment-tokens', { appId: 'wallet' })).status, 201)
  const refused = await as(token, 'devices/none/suspend', {})
  assert.deepEqual([refused.status, refused.body.code], [403, 'admin_scope_too_narrow'])
  assert.equal((await make({}, token)).status, 403, 'it makes no token')
  const blind = (await make({ verbs: ['suspend'] })).body.token
  assert.equal((await as(blind, 'devices')).body.code, 'admin_scope_too_narrow')
  assert.equal((await as(blind, 'devices/none/suspend', {})).status, 404)
})

test('a token that is narrowed to networks counts there alone', async () => {
  const here = (await make({ networks: ['127.0.0.0/8'] })).body.token
  assert.equal((await as(here, 'devices')).status, 200)
  const elsewhere = (await make({ networks: ['192.0.2.0/24', '2001:db8::/32'] })).body.token
  const refused = await as(elsewhere, 'devices')
  assert.deepEqual([refused.status, refused.body.code], [403, 'admin_network_refused'])
  assert.equal((await make({}, elsewhere)).status, 403)
})

test('what is no network is refused', async () => {
  for (const network of [
    '10.0.0.0/33',
    '1.2.3',
    '::/129',
    'localhost',
    '10.0.0.0/8/8',
    '1.2.3.4:5',
  ]) {
    assert.equal((await make({ networks: [network] })).status, 400, network)
  }
})

const addresses: { address: string; networks: string[]; isIn: boolean }[] = [
  { address: '10.1.2.3', networks: ['10.0.0.0/8'], isIn: true },
  { address: '11.1.2.3', networks: ['10.0.0.0/8'], isIn: false },
  { address: '192.0.2.7', networks: ['192.0.2.7'], isIn: true },
  { address: '2001:db8::5', networks: ['2001:db8::/32'], isIn: true },
  { address: '2001:db9::5', networks: ['2001:db8::/32'], isIn: false },
  { address: 'nothing', networks: ['0.0.0.0/0', '::/0'], isIn: false },
]
for (const { address, networks, isIn } of addresses) {
  test(`${address} is ${isIn ? '' : 'not '}in ${networks.join(', ')}`, () => {
    assert.equal(isInNetworks(networks, address), isIn)
  })
}

test('a token makes none that may more than itself', async () => {
  const narrow = { apps: ['wallet'], verbs: ['read', 'administer'], networks: ['127.0.0.0/8'] }
  const { token } = (await make(narrow)).body
  const wider = [{ apps: ['bank'] }, { verbs: ['revoke'] }, { networks: ['0.0.0.0/0'] }]
  for (const order of wider) {
    const refused = await make(order, token)
    assert.equal(refused.body.code, 'admin_scope_too_narrow', JSON.stringify(order))
  }
  const { apps, verbs, networks } = (await make({ verbs: ['read'] }, token)).body.adminToken
  assert.deepEqual({ apps, verbs, networks }, { ...narrow, verbs: ['read'] })
})

test('a token for an app that is not configured is not made', async () => {
  assert.equal((await make({ apps: ['nobody'] })).status, 404)
})

test('the first token makes one token, and does nothing else', async () => {
  const first = await firstToken()
  const refused = await as(first, 'devices')
  assert.deepEqual([refused.status, refused.body.code], [403, 'admin_token_first'])
  const answers = await Promise.all([1, 2, 3].map(() => make({}, first)))
  assert.deepEqual(answers.map(({ status }) => status).toSorted(), [201, 401, 401])
  const made = answers.find(({ status }) => status === 201)
  assert.ok(made)
  const { token, adminToken } = made.body
  assert.equal(adminToken.kind, 'token')
  assert.equal((await as(token, 'devices')).status, 200)
  assert.equal((await make({}, first)).body.found, 'used')
})

/** As `init` leaves one behind: of its kind, over the store. */
async function firstToken(): Promise<string> {
  const { id, token } = await onHost({})
  await withStore(deployment.directory, (store) =>
    store.write((tx) =>
      tx.updateTable('admin_tokens').set({ kind: 'first' }).where('id', '=', id).execute(),
    ),
  )
  return token
}

const onHost = (order: object) =>
  createTokenOnHost({
    store: storeIn(deployment.directory),
    label: 'Ada',
    role: 'admin',
    by: 'ada',
    now: clock.now(),
    ...order,
  })

test('on the host of the authority a token is made without one, and told in the audit log', async () => {
  const { id, token, expiresAt } = await onHost({ lifetimeSeconds: 400 * 86_400 })
  const days = Math.round((expiresAt - clock.now()) / 86_400_000)
  assert.equal(days, 30, 'never for longer')
  assert.equal((await as(token, 'devices')).status, 200)
  const { rows } = (await as(token, 'audit?limit=1000')).body
  const row = rows.find(({ subject }: { subject: string }) => subject === id)
  assert.deepEqual([row.actor, row.action], ['host:ada', 'admin-token.created'])
})

test('when a token was last used is known, to the hour, with one write an hour', async () => {
  const { token, adminToken } = (await make({})).body
  const lastUsed = async () => {
    const { adminTokens } = (await as(deployment.adminToken, 'admin-tokens')).body
    return adminTokens.find(({ id }: { id: string }) => id === adminToken.id).lastUsedAt
  }
  assert.equal(await lastUsed(), null)
  await as(token, 'devices')
  await until(async () => (await lastUsed()) !== null)
  const at = await lastUsed()
  clock.moveMinutes(30)
  for (let call = 0; call < 5; call++) await as(token, 'devices')
  assert.equal(await lastUsed(), at)
  clock.moveMinutes(31)
  await as(token, 'devices')
  await until(async () => Date.parse(await lastUsed()) - Date.parse(at) >= 61 * 60_000)
})

async function until(holds: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 60_000
  while (!(await holds())) {
    assert.ok(Date.now() < deadline, 'not in time')
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
