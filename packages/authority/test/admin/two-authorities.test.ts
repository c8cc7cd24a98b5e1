import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import pino from 'pino'
import { createTokenOnHost } from '../../src/admin/token-on-host.ts'
import { type RunningAuthority, startAuthority } from '../../src/start-authority.ts'
import { type Deployment, deploy, passphrase } from '../fixture/deployment.ts'
import { httpCall } from '../fixture/http-call.ts'
import { enroll } from '../fixture/phone.ts'
import { storeIn } from '../fixture/store-place.ts'

/** A thief with the token of an operator asks two authorities at once for what one of them would not do. */
let one: Deployment
let two: RunningAuthority
let ada: string
let grace: string
before(async () => {
  one = await deploy({ authority: '  admin: { insecureSinglePerson: false }' })
  two = await startAuthority(one.config, {
    log: pino({ level: 'silent' }),
    directory: one.directory,
    version: '0.0.0-test',
    environment: { SALLYPORT_PASSPHRASE: passphrase },
  })
  ;[ada, grace] = [await person(), await person()]
})
after(async () => {
  await two.close()
  await one.close()
})

async function person(): Promise<string> {
  const made = { label: 'a person', role: 'admin', by: 'root', now: Date.now() } as const
  return (await createTokenOnHost({ store: storeIn(one.directory), ...made })).token
}

/** Every other call goes to the other authority. */
let calls = 0
function as(token: string, path: string, body: object) {
  const { addresses } = calls++ % 2 === 0 ? one.authority : two
  return httpCall(`${addresses.admin}/admin/v1/${path}`, {
    ca: one.caPem,
    headers: { authorization: `Bearer ${token}` },
    body,
  })
}
const countOf = (answers: readonly { status: number }[], wanted: number) =>
  answers.filter(({ status }) => status === wanted).length

test('twenty changes of an hour are twenty, and a proposal is agreed to once', async () => {
  const phones = await Promise.all(Array.from({ length: 26 }, () => enroll(one)))
  const ids = phones.map(({ issued }) => issued.deviceId)
  const answers = await Promise.all(ids.map((id) => as(ada, `devices/${id}/suspend`, {})))
  assert.deepEqual([countOf(answers, 200), countOf(answers, 202)], [20, 6])
  const waits = answers.find(({ status }) => status === 202)
  const agree = `proposals/${waits?.body.proposal.id}/agree`
  const agreed = await Promise.all(Array.from({ length: 8 }, () => as(grace, agree, {})))
  assert.deepEqual([countOf(agreed, 200), countOf(agreed, 409)], [1, 7])
})

test('what a token makes at both while it is revoked does not outlive it', async () => {
  for (let round = 0; round < 5; round++) {
    const stolen = await person()
    const { id } = (
      await one.admin('/admin/v1/whoami', { headers: { authorization: `Bearer ${stolen}` } })
    ).body
    const make = (index: number) =>
      index % 2 === 0
        ? as(stolen, 'admin-tokens', { label: 'way back', role: 'admin' })
        : as(stolen, 'enrollment-tokens', { appId: 'wallet' })
    const makes = Array.from({ length: 24 }, (_, index) => make(index))
    const [answers] = await Promise.all([
      Promise.all(makes),
      as(ada, `admin-tokens/${id}/revoke`, {}),
    ])
    assert.equal(countOf(answers, 201) + countOf(answers, 401), 24)
    const headers = { authorization: `Bearer ${ada}` }
    for (const list of ['admin-tokens', 'enrollment-tokens']) {
      const { body } = await one.admin(`/admin/v1/${list}`, { headers })
      const made = Object.values<Record<string, unknown>[]>(body)
        .flat()
        .filter((row) => row['madeBy'] === id)
      const isEnded = (row: Record<string, unknown>) =>
        list === 'admin-tokens' ? row['revokedAt'] !== null : row['status'] === 'revoked'
      assert.ok(made.every(isEnded), `${list} of round ${round}`)
    }
  }
})

test('a token that is revoked at one counts at neither', async () => {
  const stolen = await person()
  const { id } = (
    await one.admin('/admin/v1/whoami', { headers: { authorization: `Bearer ${stolen}` } })
  ).body
  await as(ada, `admin-tokens/${id}/revoke`, { reason: 'stolen' })
  const answers = await Promise.all([1, 2, 3, 4].map(() => as(stolen, 'sessions/end', {})))
  assert.equal(countOf(answers, 401), 4)
})
