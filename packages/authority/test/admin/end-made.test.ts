import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { AdminTokenRow } from '../../src/store/tables.ts'
import { movableClock } from '../fixture/clock.ts'
import { type Deployment, deploy } from '../fixture/deployment.ts'
import { withStore } from '../fixture/store-place.ts'

const apps = `
  wallet:
    insecureDevelopmentDevices: true
    enrollment: { evidence: [development] }
    protocols: { acme: {}, scep: { lane: fleet } }
`
const clock = movableClock()
let deployment: Deployment
before(async () => {
  const authority = `    status: { listen: '127.0.0.1:0' }`
  deployment = await deploy({ now: clock.now, apps, authority })
})
after(() => deployment.close())

const as = (token: string, path: string, body?: object) =>
  deployment.admin(`/admin/v1/${path}`, {
    headers: { authorization: `Bearer ${token}` },
    ...(body === undefined ? {} : { body }),
  })
const make = (order: object, by = deployment.adminToken) =>
  as(by, 'admin-tokens', { label: 'test', role: 'admin', ...order })

const blank = { revoked_at: null, apps: null, verbs: null, networks: null, last_used_at: null }
const insertTokens = (rows: AdminTokenRow[]) =>
  withStore(deployment.directory, (store) =>
    store.write(async (tx) => void (await tx.insertInto('admin_tokens').values(rows).execute())),
  )

test('what a revoked token made ends with it, also what that made, and of another nothing', async () => {
  const [stolen, other] = [(await make({})).body, (await make({})).body]
  const first = (await make({}, stolen.token)).body
  const between = (await make({}, first.token)).body
  const last = (await make({ role: 'viewer' }, between.token)).body
  await as(deployment.adminToken, `admin-tokens/${between.adminToken.id}/revoke`, {
    keepMade: true,
  })
  assert.equal((await as(last.token, 'whoami')).status, 200, 'it was asked for')
  const { body } = await as(deployment.adminToken, `admin-tokens/${stolen.adminToken.id}/revoke`, {
    reason: 'stolen',
  })
  assert.deepEqual(
    body.alsoRevoked.toSorted(),
    [first.adminToken.id, last.adminToken.id].toSorted(),
  )
  for (const { token } of [stolen, first, last])
    assert.equal((await as(token, 'whoami')).status, 401)
  assert.equal((await as(other.token, 'whoami')).status, 200)
  const again = await as(deployment.adminToken, `admin-tokens/${stolen.adminToken.id}/revoke`, {})
  assert.deepEqual(again.body.alsoRevoked, [])
})

test('whoever revokes the token that theirs was made with keeps theirs, and what it made', async () => {
  const old = (await make({})).body
  const own = (await make({}, old.token)).body
  const made = (await make({}, own.token)).body
  const lost = (await make({}, old.token)).body
  const { body } = await as(own.token, `admin-tokens/${old.adminToken.id}/revoke`, {})
  assert.deepEqual(body.alsoRevoked, [lost.adminToken.id])
  for (const { token } of [own, made]) assert.equal((await as(token, 'whoami')).status, 200)
})

test('a session that is revoked takes with it what it made, and nothing of a namesake', async () => {
  const open = { role: 'admin', created_at: clock.now(), expires_at: clock.now() + 3_600_000 }
  const rest = { ...open, ...blank, created_by: 'operator:ada', hash: 'of nothing', made_by: null }
  await insertTokens([
    { ...rest, id: 'adm_ada', kind: 'session', label: 'ada', person: 'oidc:ada' },
    { ...rest, id: 'adm_later', kind: 'session', label: 'ada', person: 'oidc:ada' },
    { ...rest, id: 'adm_eve', kind: 'session', label: 'ada', person: 'oidc:eve' },
    ...['ada', 'later', 'eve'].map((by) => ({
      ...rest,
      id: `adm_of_${by}`,
      kind: 'token' as const,
      label: 'made',
      person: by,
      made_by: `adm_${by}`,
    })),
  ])
  const { body } = await as(deployment.adminToken, 'admin-tokens/adm_ada/revoke', {})
  assert.deepEqual(body.alsoRevoked, ['adm_of_ada'])
})

test('more than one write ends goes in one call', async () => {
  const maker = (await make({})).body.adminToken.id
  const row = { role: 'viewer', ...blank, created_by: `admin:${maker}`, hash: 'of nothing' }
  const times = { created_at: clock.now(), expires_at: clock.now() + 3_600_000 }
  await insertTokens(
    Array.from({ length: 450 }, (_, index) => ({
      ...row,
      ...times,
      id: `adm_many_${index}`,
      kind: 'token' as const,
      label: 'many',
      person: maker,
      made_by: maker,
    })),
  )
  const { body } = await as(deployment.adminToken, `admin-tokens/${maker}/revoke`, {})
  assert.equal(body.alsoRevoked.length, 450)
})

/** What lets devices in: where it is made, and what the answer calls it. */
const ofWallet = { appId: 'wallet' }
const credentials = [
  { path: 'enrollment-tokens', name: 'enrollmentToken' },
  { path: 'acme/credentials', name: 'credential' },
  { path: 'mdm/credentials', name: 'credential' },
] as const
type Listed = { id: string; status: string }

const credentialsBy = async (token: string) => {
  const ids: string[] = []
  for (const { path, name } of credentials) {
    const answer = await as(token, path, ofWallet)
    assert.equal(answer.status, 201, answer.text)
    ids.push(answer.body[name].id)
  }
  return ids
}
/** What still lets devices in. */
const usable = async () => {
  const ids: string[] = []
  for (const { path } of credentials) {
    const answer = await as(deployment.adminToken, path)
    for (const { id, status } of Object.values<Listed[]>(answer.body).flat())
      if (status === 'usable') ids.push(id)
  }
  return ids
}

test('what devices enrol with ends with the token that made it, also what a token of that one made', async () => {
  const stolen = (await make({})).body
  const child = (await make({}, stolen.token)).body
  const ended = [...(await credentialsBy(stolen.token)), ...(await credentialsBy(child.token))]
  const kept = await credentialsBy(deployment.adminToken)
  const { body } = await as(deployment.adminToken, `admin-tokens/${stolen.adminToken.id}/revoke`, {
    reason: 'stolen',
  })
  assert.deepEqual(body.alsoRevoked.toSorted(), [child.adminToken.id, ...ended].toSorted())
  const left = new Set(await usable())
  assert.ok(kept.every((id) => left.has(id)))
  assert.ok(ended.every((id) => !left.has(id)))
  const { body: told } = await as(deployment.adminToken, `audit?subject=${ended[0]}`)
  assert.match(told.rows.at(-1).detail.reason, /^made by adm_.*, which was revoked: stolen$/)
})

test('what a revoked token made is left where that is asked for, and ends when asked again', async () => {
  const stolen = (await make({})).body
  const made = await credentialsBy(stolen.token)
  const path = `admin-tokens/${stolen.adminToken.id}/revoke`
  assert.deepEqual((await as(deployment.adminToken, path, { keepMade: true })).body.alsoRevoked, [])
  const left = new Set(await usable())
  assert.ok(made.every((id) => left.has(id)))
  const { body } = await as(deployment.adminToken, path, {})
  assert.deepEqual(body.alsoRevoked.toSorted(), made.toSorted())
})

test('what says who made it names the very token', async () => {
  const maker = (await make({})).body
  for (const { path, name } of credentials) {
    const made = (await as(maker.token, path, ofWallet)).body[name]
    assert.equal(made.madeBy, maker.adminToken.id)
  }
})

test('one enrolment token of many that was used is no longer of those that end', async () => {
  const maker = (await make({})).body
  const [, ...others] = await credentialsBy(maker.token)
  await withStore(deployment.directory, (store) =>
    store.write((tx) =>
      tx
        .updateTable('enrollment_tokens')
        .set({ used_at: clock.now(), used_for: 'dev_any' })
        .where('made_by', '=', maker.adminToken.id)
        .execute(),
    ),
  )
  const { body } = await as(deployment.adminToken, `admin-tokens/${maker.adminToken.id}/revoke`, {})
  assert.deepEqual(body.alsoRevoked.toSorted(), others.toSorted())
})
