import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Role } from '../../src/admin/roles.ts'
import { createTokenOnHost } from '../../src/admin/token-on-host.ts'
import { recordUnconfirmed } from '../../src/feed/record-unconfirmed.ts'
import { openStore } from '../../src/store/store.ts'
import { type Deployment, deploy } from '../fixture/deployment.ts'
import { follow, reportOf } from '../fixture/gateway.ts'
import { enroll } from '../fixture/phone.ts'
import { storeIn } from '../fixture/store-place.ts'

/** One gateway is in somebody else's hands: what it can have an operator do to all the others. */
let deployment: Deployment
let ada: string
let grace: string
let operator: string
before(async () => {
  deployment = await deploy({
    heartbeatMs: 50,
    authority: '  admin: { insecureSinglePerson: false }',
  })
  ;[ada, grace, operator] = [await person('admin'), await person('admin'), await person('operator')]
})
after(() => deployment.close())

async function person(role: Role): Promise<string> {
  const store = storeIn(deployment.directory)
  return (await createTokenOnHost({ store, label: role, role, by: 'root', now: Date.now() })).token
}

const as = (token: string, path: string, body?: object) =>
  deployment.admin(`/admin/v1/${path}`, {
    headers: { authorization: `Bearer ${token}` },
    ...(body === undefined ? {} : { body }),
  })

type Told = { kind: string; key: string; status: string; issuedUntil?: number }

async function report(statuses: Told[]): Promise<void> {
  const { epoch } = (await as(ada, 'feed')).body
  const told = statuses.map((each) => ({ ...each, until: Date.now() + 3_600_000 }))
  const body = reportOf({ epoch, unconfirmed: { total: told.length, statuses: told } })
  const answer = await deployment.gatewayCall('/gateway/v1/reports', { body })
  assert.equal(answer.status, 204, answer.text)
}

const open = async () => (await as(ada, 'feed/unconfirmed')).body.statuses as Told[]

/** What all gateways are told of a key. */
async function toldOf(key: string): Promise<string[]> {
  const { epoch, seq } = (await as(ada, 'feed')).body
  const following = await follow(deployment, `?epoch=${epoch}&after=0`)
  await following.until(({ event, data }) => event === 'change' && data.seq === seq)
  following.close()
  return following.events.flatMap(({ event, data }) =>
    event === 'change' && data.key === key ? [data.status as string] : [],
  )
}

test('brings no device back, whichever way an operator decides', async () => {
  const [one, two] = [(await enroll(deployment)).issued, (await enroll(deployment)).issued]
  await as(ada, `devices/${one.deviceId}/revoke`, {})
  await as(ada, `devices/${two.deviceId}/suspend`, {})
  const keys = [one.deviceId, two.deviceId]
  await report(keys.map((key) => ({ kind: 'device', key, status: 'active' })))
  assert.deepEqual(await open(), [], 'what refuses nothing is nothing to go on refusing')
  const [certificate] = (await as(ada, `devices/${one.deviceId}`)).body.certificates
  await report([{ kind: 'certificate', key: certificate.thumbprint, status: 'issued' }])
  await as(operator, 'feed/unconfirmed/confirm', {})
  assert.deepEqual(await toldOf(one.deviceId), ['revoked'])
  assert.deepEqual(await toldOf(two.deviceId), ['suspended'])
  assert.equal((await as(ada, `devices/${two.deviceId}`)).body.device.status, 'suspended')
})

test('revokes no other gateway, and tells nothing that nobody can read', async () => {
  const device = `dev_${'a'.repeat(26)}`
  const key = 'A'.repeat(43)
  await report([
    { kind: 'gateway', key: 'another', status: 'revoked' },
    { kind: 'lift', key: 'address 192.0.2.1', status: 'lifted' },
    { kind: 'certificate', key: '', status: 'revoked' },
    { kind: 'certificate', key: 'ä'.repeat(43), status: 'revoked' },
    { kind: 'certificate', key, status: 'x\ny' },
    { kind: 'device', key: 'anything', status: 'revoked' },
    { kind: 'device', key: device, status: 'moon' },
    { kind: 'token', key, status: 'revoked' },
    { kind: '__proto__', key, status: 'revoked' },
  ])
  assert.deepEqual(await open(), [])
})

test('has no operator withdraw a CA by a word that it made up', async () => {
  const [issuer] = (await as(ada, 'issuers')).body.issuers as { id: string; status: string }[]
  assert.ok(issuer)
  await report([{ kind: 'issuer', key: issuer.id, status: 'withdrawn' }])
  const refused = await as(operator, 'feed/unconfirmed/confirm', {})
  assert.equal(refused.body.code, 'admin_role_too_low')
  const waits = await as(ada, 'feed/unconfirmed/confirm', { keys: [issuer.id] })
  assert.equal(waits.status, 202, waits.text)
  const { id } = waits.body.proposal
  const statusNow = async () => {
    const { issuers } = (await as(ada, 'issuers')).body
    return (issuers as { id: string; status: string }[]).find((one) => one.id === issuer.id)?.status
  }
  assert.equal(await statusNow(), 'active')
  await as(operator, `proposals/${id}/agree`, {})
  assert.equal(await statusNow(), 'active', 'nor do two, of whom one may not')
  const again = await as(ada, 'feed/unconfirmed/confirm', { keys: [issuer.id] })
  await as(grace, `proposals/${again.body.proposal.id}/agree`, {})
  assert.equal(await statusNow(), 'revoked')
})

test('has nobody alone revoke a fleet', async () => {
  const { deviceId } = (await enroll(deployment)).issued
  const others = Array.from({ length: 30 }, (_each, index) => index.toString(32).padStart(26, 'a'))
  const keys = [deviceId, ...others.map((text) => `dev_${text.replaceAll(/[0189]/g, 'b')}`)]
  await report([...new Set(keys)].map((key) => ({ kind: 'device', key, status: 'revoked' })))
  assert.ok((await open()).length > 20)
  const waits = await as(operator, 'feed/unconfirmed/confirm', {})
  assert.equal(waits.status, 202, waits.text)
  assert.equal((await as(ada, `devices/${deviceId}`)).body.device.status, 'active')
  const few = await as(operator, 'feed/unconfirmed/confirm', { keys: [deviceId] })
  assert.equal(few.status, 200, few.text)
})

test('undoes no end of tokens by one that nobody ordered', async () => {
  const { deviceId } = (await enroll(deployment)).issued
  const ended = await as(ada, 'invalidations', { deviceId })
  assert.equal(ended.status, 200, ended.text)
  await report([{ kind: 'deviceTokens', key: deviceId, status: 'ended' }])
  const drop = { keys: [deviceId], reason: 'nobody knows of it' }
  const waits = await as(ada, 'feed/unconfirmed/drop', drop)
  const agreed = await as(grace, `proposals/${waits.body.proposal.id}/agree`, {})
  assert.equal(agreed.body.answer.dropped, 1, agreed.text)
  assert.equal(
    (await toldOf(deviceId)).at(-1),
    'ended',
    'the one that somebody ordered still counts',
  )
})

test('takes the room of no other gateway by what it makes up', async () => {
  const store = await openStore(storeIn(deployment.directory))
  const told = (letter: string) => ({
    kind: 'token',
    key: letter.repeat(43),
    status: 'ended',
    until: Date.now() + 60_000,
  })
  const from = (gateway: string, letter: string) =>
    store.write((tx) =>
      recordUnconfirmed(
        tx,
        { total: 1, statuses: [told(letter)] },
        { gateway, epoch: 'epo_any', now: Date.now(), most: 2 },
      ),
    )
  for (const letter of ['B', 'C', 'D']) await from('liar', letter)
  await from('honest', 'E')
  await store.close()
  const keys = new Set((await open()).map(({ key }) => key[0]))
  assert.deepEqual(
    ['B', 'C', 'D', 'E'].filter((letter) => keys.has(letter)),
    ['B', 'C', 'E'],
  )
})

test('has no snapshot made for it alone, by asking for what nothing has reached yet', async () => {
  const { seq } = (await as(ada, 'feed')).body
  const least = Number.MAX_SAFE_INTEGER
  const ask = () => deployment.gatewayCall(`/gateway/v1/snapshot?least=${least}`)
  const [first, second] = [await ask(), await ask()]
  assert.equal(first.body.seq, seq)
  // Each that is made is signed anew, and no two signatures are alike.
  assert.ok(second.bytes.equals(first.bytes), 'a snapshot was made for each that asks')
})
