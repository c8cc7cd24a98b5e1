import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { devicePaths } from '@sallyport/wire'
import { developmentApp } from '../fixture/apps.ts'
import { movableClock } from '../fixture/clock.ts'
import { type Deployment, deploy } from '../fixture/deployment.ts'
import { enrollmentOf, makeKey, takeChallenge } from '../fixture/phone.ts'
import { editStore, withStore } from '../fixture/store-place.ts'

const clock = movableClock()
let deployment: Deployment
before(async () => {
  const apps = developmentApp.replace('[development] }', '[development], approval: required }')
  deployment = await deploy({ apps, now: clock.now })
})
after(() => deployment.close())

async function ask() {
  const body = enrollmentOf(makeKey(), await takeChallenge(deployment))
  const send = () => deployment.device(devicePaths.certificates, { body })
  const first = await send()
  assert.equal(first.status, 202, first.text)
  return { send, approvalId: first.body.approvalId as string, first }
}

const decide = (id: string, verb: string, body = {}) =>
  deployment.admin(`/admin/v1/approvals/${id}/${verb}`, { body })

test('an enrolment waits, and the same message gets its certificate once it is approved', async () => {
  const { send, approvalId, first } = await ask()
  assert.equal(first.headers['retry-after'], '5')
  assert.equal((await send()).body.approvalId, approvalId)
  const waiting = await deployment.admin('/admin/v1/approvals')
  assert.ok(waiting.body.approvals.some(({ id }: { id: string }) => id === approvalId))
  assert.equal((await decide(approvalId, 'approve')).body.status, 'approved')
  clock.moveMinutes(10)
  const answers = await Promise.all([send(), send(), send()])
  assert.deepEqual(
    answers.map(({ status }) => status),
    [201, 201, 201],
  )
  assert.equal(new Set(answers.map((answer) => answer.body.certificates[0])).size, 1)
  const approved = await deployment.admin('/admin/v1/approvals?status=approved')
  const row = approved.body.approvals.find(({ id }: { id: string }) => id === approvalId)
  assert.equal(row.deviceId, answers[0]?.body.deviceId)
})

test('an enrolment that was denied stays denied', async () => {
  const { send, approvalId } = await ask()
  await decide(approvalId, 'deny', { reason: 'not one of ours' })
  const answer = await send()
  assert.equal(answer.status, 403)
  assert.equal(answer.body.code, 'enrollment_denied')
  assert.equal((await decide(approvalId, 'approve')).body.code, 'approval_decided')
})

test('an approval that nobody decides ends after a week', async () => {
  const { send, approvalId } = await ask()
  clock.move(8)
  assert.equal((await send()).body.code, 'enrollment_denied')
  assert.equal((await decide(approvalId, 'approve')).body.code, 'approval_decided')
})

test('there is no approval of an id that was made up', async () => {
  assert.equal((await decide('apr_x', 'approve')).status, 404)
})

test('one address that asks without end leaves room for others', async () => {
  const { approvalId } = await ask()
  await withStore(deployment.directory, async (store) => {
    const approvals = store.read.selectFrom('approvals').selectAll()
    const asked = await approvals.where('id', '=', approvalId).executeTakeFirstOrThrow()
    const flood = Array.from({ length: 1_000 }, (_, index) => ({ ...asked, id: `flood${index}` }))
    await store.write((tx) => tx.insertInto('approvals').values(flood).execute())
  })
  const send = async () => {
    const body = enrollmentOf(makeKey(), await takeChallenge(deployment))
    return deployment.device(devicePaths.certificates, { body })
  }
  const answer = await send()
  assert.equal(answer.status, 503, answer.text)
  assert.equal(answer.body.code, 'authority_busy')
  const change = "UPDATE approvals SET address = '192.0.2.1' WHERE id LIKE 'flood%'"
  await editStore(deployment.directory, change)
  assert.equal((await send()).status, 202)
  await editStore(deployment.directory, "DELETE FROM approvals WHERE id LIKE 'flood%'")
})
