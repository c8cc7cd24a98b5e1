import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { devicePaths } from '@sallyport/wire'
import { type Deployment, deploy } from '../fixture/deployment.ts'
import { enrollmentOf, makeKey, takeChallenge } from '../fixture/phone.ts'

// PostgreSQL keeps no text with NUL: it is the message that is at fault, on either engine.

let deployment: Deployment
before(async () => {
  deployment = await deploy()
})
after(() => deployment.close())

const nul = '\u0000'

test('a message with NUL in a text, or in a name, is malformed', async () => {
  const at = '/admin/v1/enrollment-tokens'
  for (const body of [
    { appId: 'wallet', label: `a${nul}b` },
    { appId: 'wallet', [`label${nul}`]: 'a' },
  ]) {
    const answer = await deployment.admin(at, { body })
    assert.deepEqual([answer.status, answer.body.code], [400, 'message_malformed'], answer.text)
  }
  // The six characters of the escape themselves are a text like any other.
  const escaped = await deployment.admin(at, { body: { appId: 'wallet', label: '\\u0000' } })
  assert.equal(escaped.status, 201, escaped.text)
})

test('a phone that says NUL of itself is refused as malformed, and leaves nothing behind', async () => {
  const challenge = await takeChallenge(deployment)
  const body = { ...enrollmentOf(makeKey(), challenge), deviceModel: `Pixel${nul}` }
  const answer = await deployment.device(devicePaths.certificates, { body })
  assert.deepEqual([answer.status, answer.body.code], [400, 'message_malformed'], answer.text)
})

test('an address with NUL is malformed, in the path and in the query', async () => {
  for (const at of [
    '/admin/v1/devices/dev_%00',
    '/admin/v1/decisions/%00',
    '/admin/v1/audit?chain=a%00b',
    '/admin/v1/devices?user=%00',
  ]) {
    const answer = await deployment.admin(at)
    assert.deepEqual([answer.status, answer.body.code], [400, 'message_malformed'], at)
  }
})
