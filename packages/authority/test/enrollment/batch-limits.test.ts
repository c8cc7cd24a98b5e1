import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import {
  androidKeyEvidence,
  type AttestationBatch,
  defaultAndroidPhone,
  makeAttestationBatch,
} from '@sallyport/virtual-device'
import { devicePaths, fromBase64url } from '@sallyport/wire'
import {
  androidMembers,
  attestationRoot,
  attestedApp,
  deployAttested,
  enrollAndroid,
} from '../fixture/attested-phone.ts'
import type { Deployment } from '../fixture/deployment.ts'
import { makeKey, spkiOf, takeChallenge } from '../fixture/phone.ts'

let deployment: Deployment
before(async () => {
  const enrollment = 'limits: { perBatchPerDay: { remote: 2, factory: 4 } }'
  deployment = await deployAttested({ apps: attestedApp({ enrollment }) })
})
after(() => deployment.close())

/** Ten keys that one attestation key vouches for, all at once. */
async function enrollTen(batch: AttestationBatch) {
  const asked = await Promise.all(
    Array.from({ length: 10 }, async () => {
      const key = makeKey()
      const challenge = await takeChallenge(deployment)
      const evidence = androidKeyEvidence({
        root: attestationRoot,
        challenge: fromBase64url(challenge) ?? new Uint8Array(),
        spki: spkiOf(key),
        batch,
      })
      return { appId: 'wallet', ...androidMembers(key, challenge), evidence }
    }),
  )
  const send = (body: object) => deployment.device(devicePaths.certificates, { body })
  return Promise.all(asked.map(send))
}

for (const [provisioning, most] of [
  ['remote', 2],
  ['factory', 4],
] as const) {
  test(`of ten keys that one ${provisioning} certificate vouches for, ${most} enrol in a day`, async () => {
    const { securityLevel } = defaultAndroidPhone
    const options = { root: attestationRoot, provisioning, securityLevel, at: Date.now() }
    const answers = await enrollTen(makeAttestationBatch(options))
    const refused = answers.filter(({ status }) => status !== 201)
    assert.equal(refused.length, 10 - most)
    for (const { status, body } of refused) {
      assert.equal(status, 429)
      assert.equal(body.code, 'enrollment_too_often')
    }
    const { body } = await deployment.admin(`/admin/v1/decisions/${refused[0]?.body.requestId}`)
    assert.match(JSON.stringify(body), /enrollment_batch_too_often/)
  })
}

test('a phone of another batch is not held up by it', async () => {
  assert.equal((await enrollAndroid(deployment)).status, 201)
})
