import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { accountBase, liftKey, type LiftSubject, parseLiftKey } from '@sallyport/wire/lift'
import fc from 'fast-check'
import { askOnce, eventually } from '../support/client.ts'
import type { Bed } from '../support/gateway.ts'
import { post, startLimited } from '../support/limited.ts'
import { redisIsMissing, startRedis } from '../support/redis.ts'
import type { Identity } from '../support/world.ts'

const guarded = {
  bruteForce: [
    {
      name: 'login',
      account: { body: '/user' },
      freeTries: 2,
      firstDelay: '1h',
      longestDelay: '2h',
    },
  ],
}
const login = async (bed: Bed, user: string, status: number, identity?: Identity) =>
  (await post(bed, JSON.stringify({ user }), status, identity)).status
const hashOf = (name: string) => createHash('sha256').update(accountBase(name)).digest('base64url')

/** Lifts, and waits until every worker has done it. */
async function lift(bed: Bed, subject: LiftSubject): Promise<void> {
  const seq = bed.authority.change('lift', liftKey(subject), 'lifted')
  await eventually(() =>
    bed.authority.reports.some(({ applied }) => applied.some((each) => each.seq === seq)),
  )
}

test('an account that must wait need not wait any more, and no other is let off', async (t) => {
  const bed = await startLimited(t, guarded, { gateway: { workers: 2 } })
  for (const user of ['Ada ', 'bob']) {
    for (let round = 0; round < 3; round++) await login(bed, user, 401)
  }
  assert.equal(await login(bed, 'ada', 200), 429)
  await lift(bed, { kind: 'account', hash: hashOf('ada') })
  assert.equal(await login(bed, 'ada', 401), 401)
  assert.equal(await login(bed, 'ada', 401), 401, 'all of its free tries are there again')
  assert.equal(await login(bed, 'ada', 401), 429)
  assert.equal(await login(bed, 'bob', 200), 429)
})

test('a phone that knew the account is let off with it, where it is named', async (t) => {
  const bed = await startLimited(t, guarded)
  const phone = await bed.world.device()
  assert.equal(await login(bed, 'ada', 200, phone), 200)
  for (let round = 0; round < 3; round++) await login(bed, 'ada', 401, phone)
  await lift(bed, { kind: 'account', hash: hashOf('ada') })
  assert.equal(await login(bed, 'ada', 200, phone), 429, 'it has tries of its own')
  await lift(bed, { kind: 'account', hash: hashOf('ada'), deviceId: phone.deviceId })
  assert.equal(await login(bed, 'ada', 200, phone), 200)
})

test('an address that was blocked is served again, and counted anew; the metrics and the report tell', async (t) => {
  const bed = await startLimited(
    t,
    { rules: [{ name: 'hard', key: 'address', limit: 1, per: '1h', blockAddressFor: '10m' }] },
    { gateway: { workers: 2 } },
  )
  assert.equal((await askOnce(bed)).status, 200)
  assert.equal((await askOnce(bed)).status, 429)
  assert.equal((await askOnce(bed)).status, 403)
  const metrics = async () => (await fetch(`${bed.operations}/metrics`)).text()
  assert.match(await metrics(), /^sallyport_address_blocks\{why="limit hard"\} 1$/m)
  assert.match(
    await metrics(),
    /^sallyport_address_blocks_raised_total\{why="limit hard",outcome="raised"\} 1$/m,
  )
  await eventually(
    () => bed.authority.reports.some(({ blocks = [] }) => blocks[0]?.network === '127.0.0.1'),
    10_000,
  )
  await lift(bed, { kind: 'address', network: '192.0.2.7' })
  assert.equal((await askOnce(bed)).status, 403, 'another address')
  await lift(bed, { kind: 'address', network: '127.0.0.1' })
  assert.equal((await askOnce(bed)).status, 200)
  assert.equal((await askOnce(bed)).status, 429)
  assert(bed.log.some(({ message, fields }) => /lifted/.test(message) && fields['blocks'] === 1))
})

test('a wider network lifts the blocks in it', async (t) => {
  const bed = await startLimited(t, {
    rules: [{ name: 'hard', key: 'all', limit: 1, per: '1h', blockAddressFor: '10m' }],
  })
  for (const status of [200, 429, 403]) assert.equal((await askOnce(bed)).status, status)
  await lift(bed, { kind: 'address', network: '127.0.0.0/8' })
  assert.equal((await askOnce(bed)).status, 429, 'what all share is counted on')
})

test('what was counted of a device is forgotten, of it alone', async (t) => {
  const bed = await startLimited(t, {
    rules: [{ name: 'each', key: 'device', limit: 1, per: '1h' }],
  })
  const [one, other] = [await bed.world.device(), await bed.world.device()]
  for (const phone of [one, other]) {
    assert.equal((await askOnce(bed, phone)).status, 200)
    assert.equal((await askOnce(bed, phone)).status, 429)
  }
  await lift(bed, { kind: 'device', deviceId: one.deviceId })
  assert.equal((await askOnce(bed, one)).status, 200)
  assert.equal((await askOnce(bed, other)).status, 429)
})

test('what gateways count together in Redis is lifted there', {
  skip: redisIsMissing(),
}, async (t) => {
  const redis = await startRedis(t)
  const bed = await startLimited(t, guarded, {
    gateway: { counters: { redis: { url: redis.url } } },
  })
  for (let round = 0; round < 3; round++) await login(bed, 'ada', 401)
  assert.equal(await login(bed, 'ada', 200), 429)
  await lift(bed, { kind: 'account', hash: hashOf('ada') })
  await eventually(async () => (await login(bed, 'ada', 200)) === 200)
})

test('a lift is no status: nothing of it is kept, and a gateway that knows it is not stale', async (t) => {
  const bed = await startLimited(t, guarded)
  await lift(bed, { kind: 'address', network: '192.0.2.7' })
  bed.authority.change('lift', 'address:nonsense', 'lifted')
  const seq = bed.authority.change('lift', 'thing:of-tomorrow', 'lifted')
  await eventually(() =>
    bed.authority.reports.some(({ applied }) => applied.some((each) => each.seq === seq)),
  )
  assert.equal((await fetch(`${bed.operations}/health/ready`)).status, 200)
})

test('whatever a key says, it is read as what was written, or not at all', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.string().map((text) => `account:${text}`),
      ),
      (key) => {
        const subject = parseLiftKey(key)
        if (subject !== undefined) assert.equal(liftKey(subject), key)
      },
    ),
  )
  const hash = hashOf('ada')
  assert.deepEqual(parseLiftKey(`account:${hash}`), { kind: 'account', hash })
  assert.equal(parseLiftKey(`account:${hash}:dev_x`), undefined)
  assert.equal(parseLiftKey(`account:${hash}:a:b`), undefined)
})
