import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, before, test } from 'node:test'
import { issuedBase, tokenBase } from '@sallyport/wire'
import { type Deployment, deploy } from '../fixture/deployment.ts'
import { follow } from '../fixture/gateway.ts'
import { type IdentityProvider, identityProvider, issuer } from '../fixture/identity-provider.ts'
import { appOfUsers } from '../fixture/identity-provider.ts'
import { auditOf, enrollForUser } from '../fixture/user-phone.ts'
import { forgetOld } from '../../src/store/forget-old.ts'
import { openStore } from '../../src/store/store.ts'
import { storeIn } from '../fixture/store-place.ts'

const hourMs = 3_600_000
const dayMs = 24 * hourMs
const sha256 = (base: string) => createHash('sha256').update(base).digest('base64url')
const keyOf = (value: string) => sha256(issuedBase(issuer, value))

let at = Date.now()
const clock = {
  now: () => at,
  advance: (ms: number) => {
    at += ms
  },
}
let provider: IdentityProvider
let deployment: Deployment
before(async () => {
  provider = await identityProvider()
  const apps = appOfUsers(provider, 'user: { mode: optional, provider: corp }').replace(
    'corp: {',
    'corp: { maxLifetimeHours: 2,',
  )
  deployment = await deploy({
    apps,
    now: clock.now,
    authority: '  sessions: { maxTokenHours: 2 }\n',
  })
})
after(async () => {
  await deployment.close()
  await provider.close()
})

const end = (body: object) => deployment.admin('/admin/v1/invalidations', { body })
const list = async (query = '') =>
  (await deployment.admin(`/admin/v1/invalidations${query}`)).body.invalidations
const snapshot = async () => (await deployment.gatewayCall('/gateway/v1/snapshot')).body
const entryOf = async (member: string, key: string) =>
  (await snapshot())[member].find((entry: { key: string }) => entry.key === key)

test("a user's tokens end up to now: row, feed, snapshot and audit log, without the user's name", async () => {
  const following = await follow(deployment, `?after=${(await snapshot()).seq}`)
  const answer = await end({ subject: 'ada', provider: 'corp', reason: 'lost phone' })
  assert.equal(answer.status, 200, answer.text)
  const [row] = answer.body.invalidations
  assert.equal(row.kind, 'subject')
  assert.equal(row.key, keyOf('ada'))
  assert.equal(Date.parse(row.issuedUntil), clock.now())
  const told = await following.until(({ event }) => event === 'change')
  following.close()
  const { key, issuedUntil } = { key: keyOf('ada'), issuedUntil: clock.now() }
  assert.equal(told.data.seq, answer.body.seq)
  assert.equal(told.data.status, 'ended')
  assert.equal(told.data.issuedUntil, issuedUntil)
  assert.deepEqual(await entryOf('subjects', key), {
    key,
    status: 'ended',
    until: told.data.until,
    issuedUntil,
  })
  assert(told.data.until - clock.now() >= 2 * hourMs)
  const audit = await auditOf(deployment, 'subject.tokens-ended', key)
  assert.equal(audit.detail.reason, 'lost phone')
  for (const said of [JSON.stringify(told), JSON.stringify(audit), answer.text]) {
    assert.doesNotMatch(said, /\bada\b/)
  }
  const [found] = await list('?subject=ada&provider=corp')
  assert.equal(found.seq, answer.body.seq)
  assert.deepEqual(await list('?subject=bea&provider=corp'), [])
})

test('a second end of the same moves its time on, and one that says less changes nothing', async () => {
  const subject = { subject: 'bea', issuer }
  const first = await end(subject)
  clock.advance(1_000)
  const second = await end(subject)
  assert(second.body.seq > first.body.seq)
  assert.equal((await entryOf('subjects', keyOf('bea'))).issuedUntil, clock.now())
  const again = await end(subject)
  assert.equal(again.body.seq, second.body.seq, 'at the same time')
})

test('a session ends for as long as its provider may go on with it', async () => {
  await end({ session: 'sid-1', provider: 'corp' })
  const entry = await entryOf('sessions', keyOf('sid-1'))
  assert.equal(entry.issuedUntil, undefined)
  assert(entry.until - clock.now() >= 30 * dayMs)
})

test('a token ends by its text and by its id, and is neither kept nor logged', async () => {
  const token = await provider.token({ now: clock.now(), expiresIn: 6 * 3_600 })
  const answer = await end({ token })
  assert.equal(answer.body.invalidations.length, 1, 'it has no id')
  const entry = await entryOf('tokens', sha256(tokenBase(token)))
  assert(entry.until - clock.now() >= 6 * hourMs, 'for as long as it says it lives')
  assert(!answer.text.includes(token.slice(-20)))

  const claims = Buffer.from(JSON.stringify({ iss: issuer, jti: 'jti-1' })).toString('base64url')
  const withId = await end({ token: `e30.${claims}.c2ln` })
  assert.equal(withId.body.invalidations.length, 2)
  assert.notEqual(await entryOf('tokens', keyOf('jti-1')), undefined)
  await end({ tokenId: 'jti-2', provider: 'corp' })
  assert.notEqual(await entryOf('tokens', keyOf('jti-2')), undefined)
  const opaque = await end({ token: 'opaque.but.dotted' })
  assert.equal(opaque.body.invalidations.length, 1)
})

test("a device's tokens end, and its certificate goes on", async () => {
  const accessToken = await provider.token({ now: clock.now() })
  const phone = await enrollForUser(deployment, { accessToken })
  const { deviceId } = phone.issued
  const answer = await end({ deviceId })
  assert.equal(answer.status, 200, answer.text)
  assert.equal((await entryOf('deviceTokens', deviceId)).issuedUntil, clock.now())
  const { body } = await deployment.admin(`/admin/v1/devices/${deviceId}`)
  assert.equal(body.device.status, 'active')
  assert.equal((await end({ deviceId: 'dev_unknown' })).status, 404)
  assert.equal((await list(`?deviceId=${deviceId}`)).length, 1)
})

test('what ends must be said, once, and whose it is', async () => {
  const refused = [
    {},
    { reason: 'none' },
    { subject: 'a', session: 'b', provider: 'corp' },
    { subject: 'a' },
    { subject: 'a', provider: 'unknown' },
    { subject: 'a', provider: 'constructor' },
    { subject: 'a', provider: 'corp', issuer },
    { subject: 'a'.repeat(300), provider: 'corp' },
    { token: '' },
    { token: 'a'.repeat(20_000) },
    { what: 'else' },
  ]
  for (const body of refused) {
    const answer = await end(body)
    assert.equal(answer.status, 400, JSON.stringify(body))
    assert.equal(answer.body.code, 'message_malformed')
  }
})

test('the list goes back page by page', async () => {
  const all = await list('?limit=1000')
  assert(all.length >= 6)
  const first = await deployment.admin('/admin/v1/invalidations?limit=2')
  const second = await deployment.admin(
    `/admin/v1/invalidations?limit=2&before=${first.body.nextBefore}`,
  )
  const paged = [...first.body.invalidations, ...second.body.invalidations]
  assert.deepEqual(paged, all.slice(0, 4))
  assert((await list('?kind=session')).every(({ kind }: { kind: string }) => kind === 'session'))
})

test('it is forgotten when no token can be in date any more, and not before', async () => {
  await end({ subject: 'cleo', provider: 'corp' })
  const { until } = await entryOf('subjects', keyOf('cleo'))
  await deployment.restart({
    whileDown: () => clock.advance(until - clock.now() + 1),
  })
  assert.notEqual(await entryOf('subjects', keyOf('cleo')), undefined, 'the clock may be wrong')
  assert.deepEqual(await list('?subject=cleo&provider=corp'), [])
  const store = await openStore(storeIn(deployment.directory))
  try {
    const kinds = async () => {
      const rows = await store.read.selectFrom('invalidations').select('kind').execute()
      return new Set(rows.map(({ kind }) => kind))
    }
    await forgetOld({ store, now: clock.now })
    assert((await kinds()).has('subject'), 'the clock may be wrong by hours')
    clock.advance(dayMs)
    await forgetOld({ store, now: clock.now })
    assert.equal(await entryOf('subjects', keyOf('cleo')), undefined)
    const kept = await kinds()
    assert(kept.size > 0 && !kept.has('subject'))
  } finally {
    await store.close()
  }
})
