import assert from 'node:assert/strict'
import { test } from 'node:test'
import { devicePaths } from '@sallyport/wire'
import pino from 'pino'
import { verifyAudit } from '../src/audit/audit-log.ts'
import { startAuthority } from '../src/start-authority.ts'
import { type Deployment, deploy, passphrase } from './fixture/deployment.ts'
import { follow } from './fixture/gateway.ts'
import { httpCall } from './fixture/http-call.ts'
import {
  enroll,
  enrollmentOf,
  makeKey,
  type Phone,
  phoneOf,
  renew,
  takeChallenge,
} from './fixture/phone.ts'

/** Two authorities over one store. SQLite lets one of them write at a time. */
async function withTwo(
  work: (one: Deployment, two: Pick<Deployment, 'device'>) => Promise<void>,
): Promise<void> {
  const one = await deploy({ heartbeatMs: 50 })
  const second = await startAuthority(one.config, {
    log: pino({ level: 'silent' }),
    directory: one.directory,
    version: '0.0.0-test',
    environment: { SALLYPORT_PASSPHRASE: passphrase },
    heartbeatMs: 50,
  })
  const two: Pick<Deployment, 'device'> = {
    device: (at, call = {}) => httpCall(second.addresses.device + at, { ca: one.caPem, ...call }),
  }
  try {
    await work(one, two)
  } finally {
    await second.close()
    await one.close()
  }
}

test('what one enrols the other renews, and no challenge is used at both', () =>
  withTwo(async (one, two) => {
    const phone = await enroll(one)
    const answer = await renew(two, phone)
    assert.equal(answer.status, 201, answer.text)
    const challenge = await takeChallenge(one)
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        (index % 2 === 0 ? one : two).device(devicePaths.certificates, {
          body: enrollmentOf(makeKey(), challenge),
        }),
      ),
    )
    assert.equal(answers.filter(({ status }) => status === 201).length, 1)
  }))

test('one certificate that renews at both with different keys has one active successor', () =>
  withTwo(async (one, two) => {
    const phone = await enroll(one)
    const keys = Array.from({ length: 10 }, makeKey)
    const answers = await Promise.all(
      keys.map((key, index) => renew(index % 2 === 0 ? one : two, phone, key)),
    )
    const phones = answers.flatMap((answer, index): Phone[] =>
      answer.status === 201 ? [phoneOf(keys[index] ?? phone.key, answer.body)] : [],
    )
    const shown = await one.admin(`/admin/v1/devices/${phone.issued.deviceId}`)
    const active = shown.body.certificates.filter(
      (certificate: { status: string; successor: string | null; predecessor: string | null }) =>
        certificate.status === 'active' && certificate.predecessor !== null,
    )
    assert.ok(phones.length >= 1)
    assert.equal(active.length, 1)
  }))

test('the logs of both are one chain and one feed without a gap', () =>
  withTwo(async (one, two) => {
    const following = await follow(one, '?after=0')
    await Promise.all(
      [one, two].map(async (authority) => {
        for (let round = 0; round < 8; round++) {
          const phone = await enroll(authority)
          // Replaced before it was used: a change of the feed.
          await renew(authority, phone, makeKey())
          await renew(authority, phone, makeKey())
        }
      }),
    )
    const { seq } = (await one.gatewayCall('/gateway/v1/snapshot')).body
    await following.until(({ id }) => id === String(seq))
    const told = following.events.filter(({ event }) => event === 'change')
    assert.deepEqual(
      told.map(({ id }) => Number(id)),
      Array.from({ length: seq }, (_, index) => index + 1),
    )
    const { rows } = (await one.admin('/admin/v1/audit?limit=1000')).body
    assert.equal(verifyAudit(rows).count, rows.length)
    following.close()
  }))
