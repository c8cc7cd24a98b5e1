import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { devicePaths } from '@sallyport/wire'
import { verifyAudit } from '../src/audit/audit-log.ts'
import { movableClock } from './fixture/clock.ts'
import { type Deployment, deploy } from './fixture/deployment.ts'
import { follow } from './fixture/gateway.ts'
import { enroll, enrollmentOf, makeKey, phoneOf, renew, takeChallenge } from './fixture/phone.ts'

const clock = movableClock()
let deployment: Deployment
before(async () => {
  deployment = await deploy({ now: clock.now, heartbeatMs: 50 })
  // Nothing counts before the CA that was just made.
  clock.moveMinutes(180)
})
after(() => deployment.close())

/** The clock of the authority steps while it runs, and back again. */
async function whileStepped<T>(minutes: number, work: () => Promise<T>): Promise<T> {
  clock.moveMinutes(minutes)
  try {
    return await work()
  } finally {
    clock.moveMinutes(-minutes)
  }
}

const send = (body: object) => deployment.device(devicePaths.certificates, { body })

for (const minutes of [-60, 60]) {
  test(`a device enrols, renews and calls while the clock is ${minutes} minutes off`, () =>
    whileStepped(minutes, async () => {
      const phone = await enroll(deployment)
      const renewed = phoneOf(phone.key, (await renew(deployment, phone)).body)
      const me = await deployment.device(devicePaths.me, renewed.tls)
      assert.equal(me.status, 200, me.text)
      const life = Date.parse(me.body.notAfter) - Date.parse(me.body.serverTime)
      assert.ok(Date.parse(me.body.renewAfter) - Date.parse(me.body.serverTime) < life)
    }))
}

test('a challenge does not live on because the clock stepped forward, and is used once across a step back', async () => {
  const late = await takeChallenge(deployment)
  await whileStepped(60, async () => {
    const answer = await send(enrollmentOf(makeKey(), late))
    assert.equal(answer.body.code, 'challenge_expired')
  })
  const body = enrollmentOf(makeKey(), await takeChallenge(deployment))
  assert.equal((await send(body)).status, 201)
  await whileStepped(-60, async () => {
    const other = await send({ ...enrollmentOf(makeKey(), body.challenge) })
    assert.equal(other.body.code, 'challenge_used')
    assert.equal((await send(body)).status, 201, 'the same message has the same answer')
  })
})

test('a device enrolled an hour ahead is told to set its clock, or waits, and then goes on', async () => {
  let phone = await whileStepped(60, () => enroll(deployment))
  const early = await deployment.device(devicePaths.me, phone.tls)
  assert.equal(early.body.code, 'device_certificate_not_yet_valid')
  assert.equal(early.body.action, 'sync-clock')
  assert.ok(Math.abs(Date.parse(early.body.serverTime) - clock.now()) < 5_000)
  phone = await whileStepped(60, async () =>
    phoneOf(phone.key, (await renew(deployment, phone)).body),
  )
  await whileStepped(60, async () =>
    assert.equal((await deployment.device(devicePaths.me, phone.tls)).status, 200),
  )
})

test('the audit log and the feed keep their order whatever the clock says', async () => {
  const following = await follow(deployment, '?after=0')
  for (const minutes of [60, -60, 0, -120, 120]) {
    await whileStepped(minutes, async () => {
      const { issued } = await enroll(deployment)
      const at = `/admin/v1/devices/${issued.deviceId}/suspend`
      assert.equal((await deployment.admin(at, { body: {} })).status, 200)
    })
  }
  const { seq } = (await deployment.gatewayCall('/gateway/v1/snapshot')).body
  await following.until(({ id }) => id === String(seq))
  const told = following.events.filter(({ event }) => event === 'change').map(({ id }) => id)
  assert.deepEqual(
    told,
    Array.from({ length: seq }, (_, index) => String(index + 1)),
  )
  const { rows } = (await deployment.admin('/admin/v1/audit?limit=1000')).body
  assert.equal(verifyAudit(rows).count, rows.length)
  following.close()
})

test('a token that expired does not come to life for longer than the clock is wrong', async () => {
  const body = { label: 'brief', role: 'viewer', lifetimeSeconds: 60 }
  const { token } = (await deployment.admin('/admin/v1/admin-tokens', { body })).body
  const authorization = `Bearer ${token}`
  const ask = () => deployment.admin('/admin/v1/devices', { headers: { authorization } })
  await whileStepped(60, async () => assert.equal((await ask()).body.found, 'expired'))
  assert.equal((await ask()).status, 200)
})
