import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { createTokenOnHost } from '../../src/admin/token-on-host.ts'
import { addGateway } from '../../src/gateways/gateways.ts'
import { movableClock } from '../fixture/clock.ts'
import { type Deployment, deploy } from '../fixture/deployment.ts'
import { follow } from '../fixture/gateway.ts'
import { storeIn, withStore } from '../fixture/store-place.ts'

const clock = movableClock()
let deployment: Deployment
let ada: string
let grace: string
before(async () => {
  const authority = '  admin: { insecureSinglePerson: false }'
  deployment = await deploy({ now: clock.now, authority, heartbeatMs: 50 })
  ;[ada, grace] = [await person(), await person()]
})
after(() => deployment.close())

async function person(): Promise<string> {
  const made = { label: 'a person', role: 'admin', by: 'root', now: clock.now() } as const
  return (await createTokenOnHost({ store: storeIn(deployment.directory), ...made })).token
}
const as = (token: string, path: string, body?: object) =>
  deployment.admin(`/admin/v1/${path}`, {
    headers: { authorization: `Bearer ${token}` },
    ...(body === undefined ? {} : { body }),
  })
const revoke = (name: string, body: object = {}, token = ada) =>
  as(token, `gateways/${encodeURIComponent(name)}/revoke`, body)

/** Gateways that reported a minute ago, and no others. */
const serve = (...names: string[]) =>
  withStore(deployment.directory, (store) =>
    store.write(async (tx) => {
      await tx.deleteFrom('gateways').execute()
      for (const name of names) await addGateway(tx, name, 'authority', clock.now())
      await tx
        .updateTable('gateways')
        .set({ last_seen_at: clock.now() - 60_000 })
        .execute()
    }),
  )

test('a name that no gateway has called by is not found, and those that have are told', async () => {
  await serve('gateway-1', 'gateway-2')
  const refused = await revoke('gateway-3')
  assert.deepEqual(
    [refused.status, refused.body.code, refused.body.expected, refused.body.found],
    [404, 'not_found', 'gateway-1, gateway-2', 'gateway-3'],
  )
  const { gateways } = (await as(ada, 'gateways')).body
  assert.equal(gateways.length, 2)
})

test('a name that is meant though it is unknown is revoked, and whoever calls by it is refused', async () => {
  await withStore(deployment.directory, (store) =>
    store.write((tx) => tx.deleteFrom('gateways').execute()),
  )
  const answer = await revoke('gateway-1', { unknown: true, reason: 'leaked' })
  assert.equal(answer.status, 200, answer.text)
  assert.deepEqual([answer.body.status, answer.body.lastSeenAt], ['revoked', null])
  const refused = await deployment.gatewayCall('/gateway/v1/snapshot')
  assert.deepEqual([refused.status, refused.body.code], [403, 'gateway_revoked'])
  const { rows } = (await as(ada, 'audit?subject=gateway-1&action=gateway.revoked')).body
  assert.equal(rows.at(-1).detail.reason, 'leaked')
  assert.equal((await revoke('gateway-1')).status, 200, 'again: it is known now')
})

test('what no gateway can be called is refused however it is meant', async () => {
  await serve('gateway-1', 'gateway-2')
  for (const name of ['Gateway-1', 'gatewａy-1', 'gateway-1.', ' gateway-1', 'gаteway-1', 'ı']) {
    const refused = await revoke(name, { unknown: true })
    assert.deepEqual([refused.status, refused.body.code], [404, 'not_found'], name)
    assert.match(refused.body.detail, /lower-case letters/)
  }
})

test('half of the gateways that serve are revoked by one, and the rest by two', async () => {
  await serve('a', 'b', 'c', 'd')
  assert.equal((await revoke('a')).status, 200)
  assert.equal((await revoke('b', {}, grace)).status, 200)
  const waits = await revoke('c')
  assert.equal(waits.status, 202, waits.text)
  assert.match(waits.body.proposal.why, /leave 1 of 4 gateways/)
  clock.moveMinutes(61)
  await withStore(deployment.directory, (store) =>
    store.write((tx) => tx.updateTable('gateways').set({ last_seen_at: clock.now() }).execute()),
  )
  assert.equal((await revoke('d')).status, 200, 'of two that serve now')
  const last = await revoke('c', { reason: 'for two' })
  assert.equal(last.status, 202)
  assert.match(last.body.proposal.why, /leave 0|last gateway/)
  const { proposal } = (await as(grace, `proposals/${last.body.proposal.id}/agree`, {})).body
  assert.equal(proposal.outcome, 'done')
})

test('a gateway that was not heard of for a day is revoked by one', async () => {
  await serve('a')
  clock.move(2)
  ;[ada, grace] = [await person(), await person()]
  assert.equal((await revoke('a')).status, 200)
})

/** Says when some were last heard, and what they are. */
const say = (names: readonly string[], values: { last_seen_at?: number; role?: string }) =>
  withStore(deployment.directory, (store) =>
    store.write((tx) =>
      tx.updateTable('gateways').set(values).where('name', 'in', names).execute(),
    ),
  )

test('what keeps the lists of another proxy stands in for no gateway', async () => {
  await serve('a', 'b', 'agent-1', 'agent-2', 'agent-3', 'agent-4')
  await say(['agent-1', 'agent-2', 'agent-3', 'agent-4'], { role: 'haproxy-agent' })
  assert.equal((await revoke('a')).status, 200)
  assert.match((await revoke('b')).body.proposal.why, /last gateway/)
  assert.equal((await revoke('agent-1')).status, 200)
})

test('a gateway that says that it is something else is revoked by one all the same', async () => {
  clock.moveMinutes(61)
  await serve('stolen', 'b')
  await say(['stolen'], { role: 'haproxy-agent' })
  assert.equal((await revoke('stolen')).status, 200)
})

test('gateways that went out of service some hours ago stand in for none that serves', async () => {
  clock.moveMinutes(61)
  await serve('a1', 'a2', 'a3', 'b1', 'b2')
  await say(['a1', 'a2', 'a3'], { last_seen_at: clock.now() - 3 * 3_600_000 })
  assert.equal((await revoke('b1')).status, 200)
  assert.equal((await revoke('b2')).status, 202)
})

test('while no authority ran none was heard, and each serves all the same', async () => {
  await serve('a', 'b')
  await say(['a', 'b'], { last_seen_at: clock.now() - 3 * 3_600_000 })
  assert.equal((await revoke('a')).status, 200)
  assert.equal((await revoke('b')).status, 202)
})

test('of all gateways that are revoked at once by one, half go on', async () => {
  const names = Array.from({ length: 10 }, (_, index) => `g${index}`)
  await serve(...names)
  const answers = await Promise.all(names.map((name) => revoke(name)))
  assert.equal(answers.filter(({ status }) => status === 200).length, 5)
  assert.equal(answers.filter(({ status }) => status === 202).length, 5)
})

test('unknown names count among the changes of an hour', async () => {
  clock.moveMinutes(61)
  await serve('gateway-1', 'gateway-2')
  const waits = []
  for (let name = 0; name < 25; name++) {
    const answer = await revoke(`leaked-${name}`, { unknown: true })
    if (answer.status === 202) waits.push(name)
  }
  assert.equal(waits.length, 5)
})

test('two people replace the keys of the feed, and one who follows it goes on', async () => {
  await serve()
  const following = await follow(deployment)
  await following.until(({ event }) => event === 'heartbeat')
  const before = (await as(ada, 'feed')).body.keys
  const waits = await as(ada, 'feed/keys/replace', { reason: 'host was lost' })
  assert.equal(waits.status, 202)
  assert.deepEqual((await as(ada, 'feed')).body.keys, before)
  await as(grace, `proposals/${waits.body.proposal.id}/agree`, {})
  const now = (await as(ada, 'feed')).body.keys
  assert.notDeepEqual(now, before)
  following.close()
})
