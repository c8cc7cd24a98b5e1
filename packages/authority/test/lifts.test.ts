import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, before, test } from 'node:test'
import { issuedBase, newId } from '@sallyport/wire'
import { accountBase } from '@sallyport/wire/lift'
import { type Deployment, deploy } from './fixture/deployment.ts'
import { follow, reportOf } from './fixture/gateway.ts'
import { auditOf } from './fixture/user-phone.ts'

const sha256 = (base: string) => createHash('sha256').update(base).digest('base64url')
const issuer = 'https://id.example.com'
const device = newId('device')

let deployment: Deployment
before(async () => {
  deployment = await deploy()
})
after(() => deployment.close())

const lift = (body: object) => deployment.admin('/admin/v1/lifts', { body })

const cases: { name: string; body: object; subject: string }[] = [
  { name: 'an address', body: { address: '192.0.2.7' }, subject: 'address:192.0.2.7' },
  { name: 'a network', body: { address: '2001:db8::/64' }, subject: 'address:2001:db8::/64' },
  {
    name: 'an account, however it is typed',
    body: { account: ' ADA@example.com' },
    subject: `account:${sha256(accountBase('ada@example.com'))}`,
  },
  {
    name: 'an account on a device',
    body: { account: 'ada', device },
    subject: `account:${sha256(accountBase('ada'))}:${device}`,
  },
  {
    name: 'a user',
    body: { user: 'ada', issuer },
    subject: `user:${sha256(issuedBase(issuer, 'ada'))}`,
  },
  { name: 'a device', body: { device }, subject: `device:${device}` },
]
for (const { name, body, subject } of cases) {
  test(`${name} is lifted: feed and audit log have it, and no name`, async () => {
    const { seq: before } = (await deployment.gatewayCall('/gateway/v1/snapshot')).body
    const following = await follow(deployment, `?after=${before}`)
    const answer = await lift({ ...body, reason: 'called' })
    assert.equal(answer.status, 200, answer.text)
    assert.deepEqual(answer.body, { subject, seq: before + 1 })
    const { data } = await following.until(({ event }) => event === 'change')
    following.close()
    assert.equal(data.kind, 'lift')
    assert.equal(data.key, subject)
    const row = await auditOf(deployment, 'limits.lifted', subject)
    assert.equal(row.detail.reason, 'called')
    const { body: snapshot } = await deployment.gatewayCall('/gateway/v1/snapshot')
    assert(!JSON.stringify(snapshot).includes(subject), 'it is done once, and not a state')
  })
}

const refused = [
  {},
  { address: '192.0.2.7', account: 'ada' },
  { user: 'ada', device, issuer },
  { user: 'ada' },
  { address: 'example.com' },
  { address: '192.0.2.0/33' },
  { address: 'fe80::1%eth0' },
  { address: '192.0.2.0/8/8' },
  { device: 'phone' },
  { account: 'ada\u0000' },
  { account: '   ' },
]
for (const body of refused) {
  test(`${JSON.stringify(body)} is nobody to be lifted`, async () => {
    const answer = await lift(body)
    assert.equal(answer.status, 400, answer.text)
    assert.equal(answer.body.code, 'message_malformed')
  })
}

test('the blocks of gateways are listed as they were reported last, while they hold', async () => {
  const until = Date.now() + 60_000
  const blocks = [
    { network: '192.0.2.7', until, why: 'limit login' },
    { network: '192.0.2.8', until: Date.now() - 1, why: 'limit login' },
  ]
  const report = (members: object) =>
    deployment.gatewayCall('/gateway/v1/reports', { body: reportOf(members) })
  assert.equal((await report({ blocks })).status, 204)
  const list = async () => (await deployment.admin('/admin/v1/blocks')).body.blocks
  const [one, ...more] = await list()
  assert.deepEqual(more, [])
  assert.equal(one.network, '192.0.2.7')
  assert.equal(Date.parse(one.until), until)
  assert.equal((await report({})).status, 204)
  assert.equal((await list()).length, 1, 'without a word they are as before')
  assert.equal((await report({ blocks: [], role: 'haproxy-agent' })).status, 204)
  assert.deepEqual(await list(), [])
  const [gateway] = (await deployment.admin('/admin/v1/gateways')).body.gateways
  assert.equal(gateway.role, 'haproxy-agent')
})
