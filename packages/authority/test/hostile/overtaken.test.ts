import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { isProblem } from '@sallyport/problem'
import {
  devicePaths,
  type EnrollmentRequest,
  fromBase64url,
  type IssuedCertificate,
  type PendingEnrollment,
  type RenewalRequest,
} from '@sallyport/wire'
import type { Authority } from '../../src/authority.ts'
import { enrollDevice } from '../../src/enrollment/enroll-device.ts'
import { renewCertificate } from '../../src/renewal/renew-certificate.ts'
import {
  androidMembers,
  assertedRenewal,
  attestedApp,
  deployAttested,
  enrollAndroid,
  enrollIos,
} from '../fixture/attested-phone.ts'
import type { Deployment } from '../fixture/deployment.ts'
import { overtakenAt, secondAuthority } from '../fixture/held-reads.ts'
import {
  aboutTheApp,
  csrOf,
  makeKey,
  type Phone,
  phoneOf,
  takeChallenge,
} from '../fixture/phone.ts'

/** A message that a phone sends twice, since the answer was slow: at two authorities at once. */
type Twice = { path: string; body: unknown; phone?: Phone }
type Answer = IssuedCertificate | PendingEnrollment

let deployment: Deployment
let second: Awaited<ReturnType<typeof secondAuthority>>
before(async () => {
  const limits = 'limits: { perAddressPerHour: 1000 }'
  const apps = attestedApp({ enrollment: `enrollmentToken: optional, ${limits}` })
  deployment = await deployAttested({ apps })
  second = await secondAuthority(deployment)
})
after(async () => {
  await second.close()
  await deployment.close()
})

const messages: Record<string, () => Promise<Twice>> = {
  async 'an enrolment with evidence'() {
    return { path: devicePaths.certificates, body: await androidEnrollment() }
  },
  async 'an enrolment by a token for one device'() {
    const body = { appId: 'wallet' }
    const made = await deployment.admin('/admin/v1/enrollment-tokens', { body })
    assert.equal(made.status, 201, made.text)
    const message = { ...(await androidEnrollment()), enrollmentToken: made.body.token }
    return { path: devicePaths.certificates, body: message }
  },
  async 'a renewal with the same key'() {
    const { key, body } = await enrollAndroid(deployment)
    const message = { csr: csrOf(key), ...aboutTheApp, platform: 'android' }
    return { path: devicePaths.renewals, body: message, phone: phoneOf(key, body) }
  },
  async 'a renewal with another key and its evidence'() {
    const { key, body } = await enrollAndroid(deployment)
    const challenge = await takeChallenge(deployment, 'renew')
    const message = androidMembers(makeKey(), challenge)
    return { path: devicePaths.renewals, body: message, phone: phoneOf(key, body) }
  },
  async 'a renewal with an assertion, which counts once'() {
    const { key, appAttestKey, body } = await enrollIos(deployment)
    const message = await assertedRenewal(deployment, { appAttestKey, counter: 1, key })
    return { path: devicePaths.renewals, body: message, phone: phoneOf(key, body) }
  },
}

for (const [name, make] of Object.entries(messages)) {
  test(`${name}, overtaken by its repeat at any point, is answered as that was`, async () => {
    for (let at = 1; ; at++) {
      const twice = await make()
      let first: string | undefined
      const { overtaken, wasHeld } = overtakenAt(second.authority, at, async () => {
        const { path, body, phone } = twice
        const answer = await deployment.device(path, { body, ...phone?.tls })
        assert.equal(answer.status, 201, answer.text)
        first = answer.body.certificates[0]
      })
      const answer = await sendTo(overtaken, twice).catch((error: unknown) => {
        const why = isProblem(error) ? `${error.code}: ${error.found}` : String(error)
        assert.fail(`overtaken after read ${at}: ${why}`)
      })
      if (!wasHeld()) {
        assert.ok(at > 2, 'it was overtaken at two points at least')
        return
      }
      assert.ok('certificates' in answer)
      assert.equal(answer.certificates[0], first)
    }
  })
}

async function androidEnrollment() {
  const challenge = await takeChallenge(deployment)
  return { appId: 'wallet', ...androidMembers(makeKey(), challenge) }
}

function sendTo(authority: Authority, { path, body, phone }: Twice): Promise<Answer> {
  const caller = { requestId: 'req_overtaken', address: '127.0.0.1' }
  if (path === devicePaths.certificates) {
    const presented = { accessToken: () => undefined, connection: () => undefined }
    return enrollDevice(authority, body as EnrollmentRequest, caller, presented)
  }
  const peer = fromBase64url(phone?.issued.certificates[0] ?? '')
  return renewCertificate(authority, body as RenewalRequest, peer, caller)
}
