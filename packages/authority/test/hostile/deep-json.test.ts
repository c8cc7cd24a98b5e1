import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { devicePaths } from '@sallyport/wire'
import { refuseDeepJson } from '../../src/api/json-depth.ts'
import { attestedApp, deployAttested } from '../fixture/attested-phone.ts'
import type { Deployment } from '../fixture/deployment.ts'
import { aboutTheApp, csrOf, makeKey, takeChallenge } from '../fixture/phone.ts'

let deployment: Deployment
before(async () => {
  deployment = await deployAttested({ apps: attestedApp({ enrollment: 'mode: shadow' }) })
})
after(() => deployment.close())

const nested = (depth: number, [open, close] = '[]') =>
  `${open}`.repeat(depth) + `${close}`.repeat(depth)

async function enrollWith(format: string, member: string) {
  const challenge = await takeChallenge(deployment)
  const evidence = { format, chain: '…' }
  const body = { appId: 'wallet', challenge, csr: csrOf(makeKey()), evidence, ...aboutTheApp }
  const text = JSON.stringify(body).replace('"…"', member)
  const headers = { 'content-type': 'application/json' }
  return deployment.device(devicePaths.certificates, { text, headers })
}

for (const format of ['android-key', 'apple-app-attest', 'made-up']) {
  test(`evidence ${format} that is nested without end is no message, in mode shadow too`, async () => {
    const answer = await enrollWith(format, nested(31_000))
    assert.equal(answer.status, 400, answer.text)
    assert.equal(answer.body.code, 'message_malformed')
    assert.equal((await enrollWith(format, nested(8))).status, 201)
  })
}

test('brackets within texts have no depth', () => {
  const text = JSON.stringify({ a: ['['.repeat(100), `"\\${'{'.repeat(100)}`, '\\'] })
  assert.doesNotThrow(() => refuseDeepJson(text))
  assert.throws(() => refuseDeepJson(`["\\\\",${nested(32)}]`), { code: 'message_malformed' })
  assert.throws(() => refuseDeepJson(`{"a":`.repeat(33)), { code: 'message_malformed' })
})
