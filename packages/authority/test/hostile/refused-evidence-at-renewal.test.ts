import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { devicePaths } from '@sallyport/wire'
import {
  androidMembers,
  deployAttested,
  enrollAndroid,
  renewAndroid,
} from '../fixture/attested-phone.ts'
import type { Deployment } from '../fixture/deployment.ts'
import { makeKey, type Phone, phoneOf, takeChallenge } from '../fixture/phone.ts'

let deployment: Deployment
before(async () => {
  deployment = await deployAttested()
})
after(() => deployment.close())

const androidPhone = async (): Promise<Phone> => {
  const { key, body } = await enrollAndroid(deployment, {})
  return phoneOf(key, body)
}

/** Evidence of another key than the one to be certified. */
async function renewBadly(phone: Phone) {
  const challenge = await takeChallenge(deployment, 'renew')
  const { evidence } = androidMembers(makeKey(), challenge)
  const body = { ...androidMembers(makeKey(), challenge), evidence }
  return deployment.device(devicePaths.renewals, { body, ...phone.tls })
}

test('a device whose evidence is refused again and again waits, and no other does', async () => {
  const [hostile, honest] = [await androidPhone(), await androidPhone()]
  const codes: string[] = []
  for (let times = 0; times < 61; times++) codes.push((await renewBadly(hostile)).body.code)
  assert.equal(codes.filter((code) => code === 'evidence_refused').length, 60)
  const answer = await renewAndroid(deployment, hostile)
  assert.equal(answer.status, 429)
  assert.equal(answer.body.code, 'renewal_too_often')
  assert.equal(answer.headers['retry-after'], '600')
  assert.equal((await renewAndroid(deployment, honest)).status, 201)
})

test('renewals without evidence, however often, hold up none that brings some', async () => {
  const phone = await androidPhone()
  for (let times = 0; times < 61; times++) {
    const challenge = await takeChallenge(deployment, 'renew')
    const { evidence: _none, ...body } = androidMembers(makeKey(), challenge)
    const answer = await deployment.device(devicePaths.renewals, { body, ...phone.tls })
    assert.equal(answer.body.code, 'renewal_evidence_required')
  }
  assert.equal((await renewAndroid(deployment, phone)).status, 201)
})
