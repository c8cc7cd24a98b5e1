import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { isProblem } from '@sallyport/problem'
import { devicePaths, type EnrollmentRequest, fromBase64url } from '@sallyport/wire'
import type { Authority } from '../../src/authority.ts'
import { verifyOwnCertificate } from '../../src/devices/authenticate-device.ts'
import { enrollDevice } from '../../src/enrollment/enroll-device.ts'
import { renewCertificate } from '../../src/renewal/renew-certificate.ts'
import { type Deployment, deploy } from '../fixture/deployment.ts'
import { type HeldAuthority, holdAuthority, overtakeEverywhere } from '../fixture/held-authority.ts'
import {
  appOfUsers,
  type IdentityProvider,
  identityProvider,
} from '../fixture/identity-provider.ts'
import {
  aboutTheApp,
  csrOf,
  enroll,
  enrollmentOf,
  type Key,
  makeKey,
  takeChallenge,
} from '../fixture/phone.ts'
import { enrollForUser } from '../fixture/user-phone.ts'

// What was signed and is in no registry is what a stolen signer would leave: `ca compare` tells of it, and
// `certificatesPerHour` counts it.

const caller = { requestId: 'req_signed', address: '127.0.0.1' }
let provider: IdentityProvider
let deployment: Deployment
let held: HeldAuthority
let authority: Authority
let signed = 0
before(async () => {
  provider = await identityProvider()
  const user = 'user: { mode: optional, provider: corp, maxDevices: 1 }'
  const asked = `  asked:
    insecureDevelopmentDevices: true
    enrollment: { evidence: [development], ${user}, approval: required }
`
  deployment = await deploy({ apps: appOfUsers(provider, user, asked) })
  held = await holdAuthority(deployment)
  const { signer } = held.authority
  const deviceCertificate: typeof signer.deviceCertificate = (order) => {
    signed++
    return signer.deviceCertificate(order)
  }
  const counting = { value: { ...signer, deviceCertificate } }
  authority = Object.create(held.authority, { signer: counting }) as Authority
})
after(async () => {
  await held.close()
  await deployment.close()
  await provider.close()
})

const holding = (der: Uint8Array) => verifyOwnCertificate(authority.issuers, der)
const outcomeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'done',
    (error: unknown) => (isProblem(error) ? error.code : String(error)),
  )
const signaturesFor = async (work: () => Promise<unknown>) => {
  const before = signed
  const outcome = await outcomeOf(work())
  return `${outcome}, ${signed - before} signed`
}

test('a hostile phone that renews without end has nothing signed beyond its hundred a day', async () => {
  const phone = await enroll(deployment)
  const [shown = ''] = phone.issued.certificates
  let newest = fromBase64url(shown) ?? Buffer.alloc(0)
  const renew = async (key: Key) => {
    const message = { csr: csrOf(key), ...aboutTheApp }
    const answer = await renewCertificate(authority, message as never, holding(newest), caller)
    newest = fromBase64url(answer.certificates[0] ?? '') ?? Buffer.alloc(0)
  }
  for (let renewed = 1; renewed < 100; renewed++) await renew(phone.key)
  for (let more = 0; more < 3; more++) {
    assert.equal(await signaturesFor(() => renew(phone.key)), 'renewal_too_often, 0 signed')
  }
})

const enrollAs = async (key: Key, token?: string) => {
  const body = enrollmentOf(key, await takeChallenge(deployment)) as EnrollmentRequest
  const presented = { accessToken: () => token, connection: () => undefined }
  return () => enrollDevice(authority, body, caller, presented)
}

test('a user who has as many devices as there may be has nothing signed for one more', async () => {
  const token = await provider.token({ subject: 'kim' })
  await enrollForUser(deployment, { accessToken: token })
  const enrolling = await enrollAs(makeKey(), token)
  assert.equal(await signaturesFor(enrolling), 'user_devices_too_many, 0 signed')
})

test('nothing is signed for the key of a revoked device, nor at a renewal for that of another one', async () => {
  const [lost, phone] = [await enroll(deployment), await enroll(deployment)]
  const path = `/admin/v1/devices/${lost.issued.deviceId}/revoke`
  assert.equal((await deployment.admin(path, { body: {} })).status, 200)
  assert.equal(await signaturesFor(await enrollAs(lost.key)), 'device_revoked, 0 signed')
  const other = await enroll(deployment)
  const peer = fromBase64url(phone.issued.certificates[0] ?? '') ?? Buffer.alloc(0)
  const challenge = await takeChallenge(deployment, 'renew')
  const { evidence } = enrollmentOf(other.key, challenge)
  const message = { csr: csrOf(other.key), ...aboutTheApp, challenge, evidence }
  const renewing = () => renewCertificate(authority, message as never, holding(peer), caller)
  assert.equal(await signaturesFor(renewing), 'csr_key_not_allowed, 0 signed')
})

test('the only device of a user that was approved, overtaken by its repeat at any point, is answered as that was', async () => {
  let users = 0
  await overtakeEverywhere(held, async () => {
    const token = await provider.token({ subject: `lou-${++users}` })
    const challenge = await takeChallenge(deployment, 'enroll', 'asked')
    const body = enrollmentOf(makeKey(), challenge, 'asked')
    const headers = { authorization: `Bearer ${token}` }
    const ask = (by: Pick<Deployment, 'device'>) =>
      by.device(devicePaths.certificates, { body, headers })
    const waiting = await ask(deployment)
    assert.equal(waiting.status, 202, waiting.text)
    const path = `/admin/v1/approvals/${waiting.body.approvalId}/approve`
    assert.equal((await deployment.admin(path, { body: {} })).status, 200)
    let first: string | undefined
    return {
      send: () => ask(held),
      async meanwhile() {
        first = (await ask(deployment)).body.deviceId
      },
      check(answer) {
        assert.equal(answer.status, 201, answer.text)
        assert.equal(answer.body.deviceId, first)
      },
    }
  })
})
