import assert from 'node:assert/strict'
import { after, afterEach, before, describe, it } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { devicePaths } from '@sallyport/wire'
import { createTokenOnHost } from '../../src/admin/token-on-host.ts'
import { developmentApp } from '../fixture/apps.ts'
import { type Deployment, deploy } from '../fixture/deployment.ts'
import {
  type HeldAuthority,
  holdAuthority,
  overtakeEverywhere,
  type Race,
} from '../fixture/held-authority.ts'
import type { HttpAnswer } from '../fixture/http-call.ts'
import { enroll, enrollmentOf, makeKey, takeChallenge } from '../fixture/phone.ts'
import { assertSound } from '../fixture/sound-store.ts'
import { storeIn } from '../fixture/store-place.ts'

const apps = `${developmentApp}  guarded:
    insecureDevelopmentDevices: true
    enrollment: { evidence: [development], approval: required }
`

describe('what operators do at once', () => {
  let one: Deployment
  let held: HeldAuthority
  before(async () => {
    one = await deploy({ apps, authority: '  admin: { insecureSinglePerson: false }' })
    held = await holdAuthority(one)
  })
  after(async () => {
    await held.close()
    await one.close()
  })
  afterEach(() => assertSound(held.authority.store))

  type Person = { id: string; token: string }
  const person = async (): Promise<Person> => {
    const made = { label: 'a person', role: 'admin', by: 'root', now: Date.now() } as const
    const store = storeIn(one.directory)
    const { id, token } = await createTokenOnHost({ store, ...made })
    // That it is in use is written beside the first request, and of no other.
    const headers = { authorization: `Bearer ${token}` }
    assert.equal((await held.admin('/admin/v1/devices', { headers })).status, 200)
    while (!(await isNoted(id))) await pause(5)
    return { id, token }
  }
  const isNoted = async (id: string): Promise<boolean> => {
    const row = await held.authority.store.snapshotRead((read) =>
      read
        .selectFrom('admin_tokens')
        .select('last_used_at')
        .where('id', '=', id)
        .executeTakeFirstOrThrow(),
    )
    return row.last_used_at !== null
  }
  const callBy =
    (through: Pick<Deployment, 'admin'>) =>
    ({ token }: Person, path: string, body: object = {}) =>
      through.admin(`/admin/v1/${path}`, { body, headers: { authorization: `Bearer ${token}` } })
  const here = (...call: Parameters<ReturnType<typeof callBy>>) => callBy(one)(...call)
  const there = (...call: Parameters<ReturnType<typeof callBy>>) => callBy(held)(...call)
  const outcome = ({ status, body }: HttpAnswer) => `${status} ${body?.code ?? ''}`.trim()
  const waiting = async (): Promise<string> => {
    const challenge = await takeChallenge(one, 'enroll', 'guarded')
    const body = enrollmentOf(makeKey(), challenge, 'guarded')
    return (await one.device(devicePaths.certificates, { body })).body.approvalId
  }
  const auditOf = async (action: string, subject: string): Promise<unknown[]> => {
    const rows = await held.authority.store.snapshotRead((read) =>
      read.selectFrom('audit').select('subject').where('action', '=', action).execute(),
    )
    return rows.filter((row) => row.subject === subject)
  }

  /** What lets somebody in: what it is done to, and how often the audit log has it. */
  const lettingIn: Record<
    string,
    () => Promise<{ path: string; body?: object; done: () => Promise<number> }>
  > = {
    async 'approves an enrolment'() {
      const id = await waiting()
      const done = async () => (await auditOf('approval.approved', id)).length
      return { path: `approvals/${id}/approve`, done }
    },
    async 'resumes a device'() {
      const { deviceId } = (await enroll(one)).issued
      assert.equal(outcome(await here(await person(), `devices/${deviceId}/suspend`)), '200')
      const done = async () => (await auditOf('device.resumed', deviceId)).length
      return { path: `devices/${deviceId}/resume`, done }
    },
    async 'makes an enrolment token'() {
      const label = `label ${(labels += 1)}`
      const done = async () => {
        const rows = await held.authority.store.snapshotRead((read) =>
          read.selectFrom('enrollment_tokens').select('id').where('label', '=', label).execute(),
        )
        return rows.length
      }
      return { path: 'enrollment-tokens', body: { appId: 'wallet', label }, done }
    },
  }
  let labels = 0
  for (const [what, make] of Object.entries(lettingIn)) {
    it(`lets nobody in by a token that was revoked meanwhile: ${what}`, async () => {
      await overtakeEverywhere(held, async (): Promise<Race<HttpAnswer>> => {
        const [thief, other] = [await person(), await person()]
        const { path, body, done } = await make()
        let before = 0
        return {
          send: () => there(thief, path, body),
          async meanwhile() {
            before = await done()
            assert.equal(outcome(await here(other, `admin-tokens/${thief.id}/revoke`)), '200')
          },
          async check(answer) {
            assert.equal(await done(), before)
            if (before === 0) assert.equal(outcome(answer), '401 admin_token_invalid')
          },
        }
      })
    })
  }

  for (const rival of ['approve', 'deny']) {
    it(`decides an approval once: approve against ${rival}`, async () => {
      await overtakeEverywhere(held, async (): Promise<Race<HttpAnswer>> => {
        const [ada, grace, id] = [await person(), await person(), await waiting()]
        let second: HttpAnswer | undefined
        return {
          send: () => there(ada, `approvals/${id}/approve`),
          async meanwhile() {
            second = await here(grace, `approvals/${id}/${rival}`)
          },
          async check(answer) {
            const decided = ['200', rival === 'approve' ? '200' : '409 approval_decided']
            assert.deepEqual([answer, second!].map(outcome).toSorted(), decided)
            const approved = await auditOf('approval.approved', id)
            const denied = await auditOf('approval.denied', id)
            assert.equal(approved.length + denied.length, 1)
          },
        }
      })
    })
  }

  it('agrees to a proposal once', async () => {
    await overtakeEverywhere(held, async (): Promise<Race<HttpAnswer>> => {
      const [ada, grace, joan] = [await person(), await person(), await person()]
      // There is none of it: who agrees is told so, and agreed once.
      const proposed = await here(
        ada,
        `issuers/${(labels += 1).toString().padStart(43, 'A')}/withdraw`,
      )
      assert.equal(proposed.status, 202, proposed.text)
      const path = `proposals/${proposed.body.proposal.id}/agree`
      let second: HttpAnswer | undefined
      return {
        send: () => there(grace, path),
        async meanwhile() {
          second = await here(joan, path)
        },
        async check(answer) {
          const decided = ['200', '409 proposal_decided']
          assert.deepEqual([answer, second!].map(outcome).toSorted(), decided)
          const agreed = await auditOf('proposal.agreed', proposed.body.proposal.id)
          assert.equal(agreed.length, 1)
        },
      }
    })
  })
})
