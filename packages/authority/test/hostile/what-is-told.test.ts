import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type AndroidHostility, androidHostilities } from '@sallyport/virtual-device'
import { devicePaths, type Evidence } from '@sallyport/wire'
import pino from 'pino'
import {
  androidMembers,
  attestedApp,
  deployAttested,
  enrollAndroid,
  enrollIos,
} from '../fixture/attested-phone.ts'
import type { Deployment } from '../fixture/deployment.ts'
import type { HttpAnswer } from '../fixture/http-call.ts'
import { makeKey, takeChallenge } from '../fixture/phone.ts'

const limits = 'limits: { failuresPerAddressPerHour: 1000000, perAddressPerHour: 1000000 }'
let log = ''
let deployment: Deployment
before(async () => {
  const write = (line: string) => {
    log += line
  }
  deployment = await deployAttested({
    apps: attestedApp({ enrollment: limits, android: "minimumOsPatchLevel: '2024-01-01'" }),
    log: pino({ level: 'trace' }, { write }),
  })
})
after(() => deployment.close())

/** All that a phone is told, but for the ids of its request. */
function told({ status, headers, body }: HttpAnswer) {
  const { requestId, supportCode, ...rest } = body
  assert.match(requestId, /^req_/)
  assert.ok(supportCode)
  const { date, 'content-length': length, 'x-request-id': id, ...others } = headers
  assert.ok(date && length && id)
  return { status, headers: others, rest }
}

async function enrollWith(bend: (evidence: Evidence) => unknown) {
  const [key, challenge] = [makeKey(), await takeChallenge(deployment)]
  const members = androidMembers(key, challenge)
  const body = { appId: 'wallet', ...members, evidence: bend(members.evidence) }
  return deployment.device(devicePaths.certificates, { body })
}

test('whichever check refuses evidence, a phone is told the same in every byte', async () => {
  const answers = [
    await enrollIos(deployment, { hostility: 'other-app' }),
    await enrollIos(deployment, { hostility: 'other-client-data' }),
    await enrollIos(deployment, { hostility: 'own-root' }),
    await enrollWith((evidence) => ({ ...evidence, further: 1 })),
    await enrollWith((evidence) => ({ ...evidence, chain: ['AAAA', 'AAAA'] })),
    await enrollWith(({ format }) => ({ format })),
  ]
  for (const hostility of Object.keys(androidHostilities) as AndroidHostility[]) {
    const answer = await enrollAndroid(deployment, { hostility })
    assert.equal(answer.status, 403, hostility)
    answers.push(answer)
  }
  const [first, ...more] = answers.map(told)
  assert.equal(first?.rest.code, 'evidence_refused')
  for (const other of more) assert.deepEqual(other, first)
})

test('what a phone sent as evidence is in no log line, audit row, trace or metric', async () => {
  const refused = await enrollAndroid(deployment, { hostility: 'other-package' })
  let leaf = ''
  const admitted = await enrollWith((evidence) => {
    const [first = ''] = evidence['chain'] as string[]
    leaf = first
    return evidence
  })
  assert.equal(admitted.status, 201)
  const { body } = await deployment.admin(`/admin/v1/decisions/${refused.body.requestId}`)
  const [appraisal] = body.appraisals
  assert.equal(appraisal.hasEvidence, false)
  const audit = await deployment.admin('/admin/v1/audit?limit=1000')
  const metrics = await deployment.operations('/metrics')
  const part = leaf.slice(40, 120)
  for (const text of [log, audit.text, JSON.stringify(body), metrics.text]) {
    assert.ok(text.length > 100)
    assert.ok(!text.includes(part))
  }
})

test('no word of a phone is a label of a metric', async () => {
  const [key, challenge] = [makeKey(), await takeChallenge(deployment)]
  const words = { appVersion: '6.6.6-word', osVersion: '66.word', deviceModel: 'Word of a phone' }
  const members = { ...androidMembers(key, challenge), ...words }
  for (const evidence of [members.evidence, { format: 'word-of-a-phone' }]) {
    const body = { appId: 'wallet', ...members, evidence }
    await deployment.device(devicePaths.certificates, { body })
  }
  const body = { appId: 'word-of-a-phone', purpose: 'enroll' }
  await deployment.device(devicePaths.challenges, { body })
  const { text } = await deployment.operations('/metrics')
  assert.match(text, /sallyport_authority_appraisals_total/)
  assert.doesNotMatch(text, /word/i)
})

test('an address that a phone gives itself counts for nothing', async () => {
  const headers = { 'x-forwarded-for': '203.0.113.9', forwarded: 'for=203.0.113.9' }
  const challenge = await takeChallenge(deployment)
  const body = { appId: 'wallet', ...androidMembers(makeKey(), challenge) }
  const { body: issued } = await deployment.device(devicePaths.certificates, { body, headers })
  const { body: shown } = await deployment.admin(`/admin/v1/devices/${issued.deviceId}`)
  assert.equal(shown.device.enrolledFrom, '127.0.0.1')
  assert.ok(!log.includes('203.0.113.9'))
})
