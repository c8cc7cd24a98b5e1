import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { after, before, test } from 'node:test'
import { parseCertificate } from '@sallyport/pki'
import { devicePaths, fromBase64url, isId, parseDeviceUri } from '@sallyport/wire'
import { movableClock } from '../fixture/clock.ts'
import { twoApps } from '../fixture/apps.ts'
import { type Deployment, deploy } from '../fixture/deployment.ts'
import {
  csrOf,
  enroll,
  enrollmentOf,
  evidenceOf,
  makeKey,
  spkiOf,
  takeChallenge,
} from '../fixture/phone.ts'

const clock = movableClock()
let deployment: Deployment
before(async () => {
  const apps = `${twoApps}  strict:
    enrollment: { evidence: [development] }
`
  deployment = await deploy({ apps, now: clock.now })
})
after(() => deployment.close())

const send = (body: unknown) => deployment.device(devicePaths.certificates, { body })

test('a device enrols and calls under its certificate', async () => {
  const phone = await enroll(deployment)
  const me = await deployment.device(devicePaths.me, phone.tls)
  assert.equal(me.status, 200, me.text)
  assert.equal(me.body.deviceId, phone.issued.deviceId)
  assert.equal(me.body.status, 'active')
  assert.equal(me.body.assurance, 'software')
})

test('the certificate holds the key of the request and the identity that the authority gave', async () => {
  const phone = await enroll(deployment)
  const [leafText = '', caText = ''] = phone.issued.certificates
  const leaf = parseCertificate(fromBase64url(leafText) ?? new Uint8Array())
  const ca = parseCertificate(fromBase64url(caText) ?? new Uint8Array())
  const uri = parseDeviceUri(leaf.uris[0] ?? '')
  assert.deepEqual(leaf.spki, spkiOf(phone.key))
  assert.ok(leaf.issuer.equals(ca.subject))
  assert.equal(uri?.deviceId, phone.issued.deviceId)
  assert.equal(uri?.trustDomain, 'dev.example.com')
  assert.equal(leaf.uris.length, 1)
  assert.ok(isId('device', phone.issued.deviceId))
})

test('times tell when to renew, before the end, and until when there is grace, after it', async () => {
  const { issued } = await enroll(deployment)
  const [renewAfter, notAfter, graceUntil] = [
    issued.renewAfter,
    issued.notAfter,
    issued.graceUntil,
  ].map(Date.parse)
  assert.ok(clock.now() < Number(renewAfter))
  assert.ok(Number(renewAfter) < Number(notAfter))
  assert.equal(Number(graceUntil) - Number(notAfter), 30 * 24 * 3_600_000)
  // A development certificate is of a day, whatever the profile says.
  assert.ok(Number(notAfter) - clock.now() <= 24 * 3_600_000)
})

test('the same challenge and key are answered with the same certificate, also after the challenge expired', async () => {
  const key = makeKey()
  const body = enrollmentOf(key, await takeChallenge(deployment))
  const first = await send(body)
  const second = await send(body)
  clock.moveMinutes(6)
  // A signing request has another signature each time: what counts is its key.
  const third = await send({ ...body, csr: csrOf(key) })
  assert.equal(first.status, 201, first.text)
  assert.deepEqual(second.body.certificates, first.body.certificates)
  assert.deepEqual(third.body.certificates, first.body.certificates)
  assert.equal(third.body.deviceId, first.body.deviceId)
})

test('one message sent many times at once makes one device', async () => {
  const body = enrollmentOf(makeKey(), await takeChallenge(deployment))
  const answers = await Promise.all(Array.from({ length: 20 }, () => send(body)))
  assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([201]))
  assert.equal(new Set(answers.map((answer) => answer.body.certificates[0])).size, 1)
})

const challengeFaults: {
  name: string
  code: string
  status: number
  exact?: string
  challenge: () => Promise<string>
}[] = [
  {
    name: 'is forged',
    code: 'challenge_refused',
    exact: 'challenge_forged',
    status: 400,
    challenge: async () => Buffer.alloc(32, 7).toString('base64url'),
  },
  {
    name: 'has one bit changed',
    code: 'challenge_refused',
    exact: 'challenge_forged',
    status: 400,
    challenge: async () => {
      const bytes = Buffer.from(await takeChallenge(deployment), 'base64url')
      bytes[3] = Number(bytes[3]) ^ 1
      return bytes.toString('base64url')
    },
  },
  {
    name: 'is for another app',
    code: 'challenge_refused',
    exact: 'challenge_forged',
    status: 400,
    challenge: () => takeChallenge(deployment, 'enroll', 'bank'),
  },
  {
    name: 'is for another purpose',
    code: 'challenge_refused',
    exact: 'challenge_forged',
    status: 400,
    challenge: () => takeChallenge(deployment, 'renew'),
  },
  {
    name: 'is too short',
    code: 'challenge_refused',
    exact: 'challenge_malformed',
    status: 400,
    challenge: async () => 'AAAA',
  },
  {
    name: 'has expired',
    code: 'challenge_expired',
    status: 400,
    challenge: async () => {
      const challenge = await takeChallenge(deployment)
      clock.moveMinutes(6)
      return challenge
    },
  },
  {
    name: 'was used by another key',
    code: 'challenge_used',
    status: 409,
    challenge: async () => {
      const challenge = await takeChallenge(deployment)
      await send(enrollmentOf(makeKey(), challenge))
      return challenge
    },
  },
]

for (const fault of challengeFaults) {
  test(`a challenge that ${fault.name} is refused`, async () => {
    const challenge = await fault.challenge()
    const answer = await send(enrollmentOf(makeKey(), challenge))
    assert.equal(answer.status, fault.status, answer.text)
    assert.equal(answer.body.code, fault.code)
    assert.equal(answer.headers['content-type'], 'application/problem+json')
    assert.ok(!('expected' in answer.body) && !('found' in answer.body))
    const found = await deployment.admin(`/admin/v1/decisions/${answer.body.supportCode}`)
    assert.equal(found.body.decisions[0].decision.code, fault.exact ?? fault.code)
  })
}

const requestFaults: {
  name: string
  code: string
  status: number
  bend: (body: ReturnType<typeof enrollmentOf>) => object
}[] = [
  {
    name: 'of an unknown app',
    code: 'app_unknown',
    status: 404,
    bend: (body) => ({ ...body, appId: 'nothing' }),
  },
  {
    name: 'whose signing request is no DER',
    code: 'csr_malformed',
    status: 400,
    bend: (body) => ({ ...body, csr: 'AAAA' }),
  },
  {
    name: 'whose signing request another key signed',
    code: 'csr_signature_invalid',
    status: 400,
    bend: (body) => {
      const der = Buffer.from(body.csr, 'base64url')
      const last = der.length - 1
      der[last] = Number(der[last]) ^ 1
      return { ...body, csr: der.toString('base64url') }
    },
  },
  {
    name: 'with a kind of key that the app does not take',
    code: 'csr_key_not_allowed',
    status: 400,
    bend: (body) => ({
      ...body,
      csr: csrOf(generateKeyPairSync('ec', { namedCurve: 'P-384' })),
    }),
  },
  {
    name: 'with an RSA key of 1024 bits',
    code: 'csr_key_not_allowed',
    status: 400,
    bend: (body) => ({ ...body, csr: rsa1024Request }),
  },
  {
    name: 'without evidence',
    code: 'evidence_required',
    status: 400,
    bend: (body) => ({ ...body, evidence: undefined }),
  },
  {
    name: 'with evidence of an unknown format',
    code: 'evidence_format_unknown',
    status: 400,
    bend: (body) => ({ ...body, evidence: { format: 'tea-leaves' } }),
  },
  {
    name: 'with evidence of another key',
    code: 'evidence_refused',
    status: 403,
    bend: (body) => ({ ...body, evidence: evidenceOf(makeKey(), body.challenge) }),
  },
  {
    name: 'with a member that is not known',
    code: 'message_malformed',
    status: 400,
    bend: (body) => ({ ...body, deviceId: 'dev_mine' }),
  },
  {
    name: 'with a number for a text',
    code: 'message_malformed',
    status: 400,
    bend: (body) => ({ ...body, appVersion: 1 }),
  },
]

for (const fault of requestFaults) {
  test(`an enrolment ${fault.name} is refused`, async () => {
    const body = enrollmentOf(makeKey(), await takeChallenge(deployment))
    const answer = await send(fault.bend(body))
    assert.equal(answer.status, fault.status, answer.text)
    assert.equal(answer.body.code, fault.code)
  })
}

test('development evidence is refused by an app that does not say it is insecure, and the operator alone is told why', async () => {
  const challenge = await takeChallenge(deployment, 'enroll', 'strict')
  const answer = await send(enrollmentOf(makeKey(), challenge, 'strict'))
  assert.equal(answer.status, 403)
  assert.equal(answer.body.code, 'evidence_refused')
  const found = await deployment.admin(`/admin/v1/decisions/${answer.body.requestId}`)
  const [{ decision }] = found.body.decisions
  assert.equal(decision.code, 'evidence_development_refused')
  assert.equal(decision.stages[0].expected, 'true')
  assert.equal(decision.stages[0].found, 'false')
})

test('a key that enrols again is a new device, and supersedes the one that held it', async () => {
  const first = await enroll(deployment)
  const second = await enroll(deployment, 'wallet', first.key)
  const me = await deployment.device(devicePaths.me, first.tls)
  assert.notEqual(second.issued.deviceId, first.issued.deviceId)
  assert.equal(me.status, 403)
  assert.equal(me.body.code, 'device_superseded')
})

test('the key of a suspended device does not come back by enrolling', async () => {
  const phone = await enroll(deployment)
  await deployment.admin(`/admin/v1/devices/${phone.issued.deviceId}/suspend`, { body: {} })
  const body = enrollmentOf(phone.key, await takeChallenge(deployment))
  const answer = await send(body)
  assert.equal(answer.status, 403, answer.text)
  assert.equal(answer.body.code, 'device_suspended')
})

/** OpenSSL 3: openssl req -new -newkey rsa:1024 -nodes -subj /CN=x -outform DER */
const rsa1024Request = [
  'MIIBSzCBtQIBADAMMQowCAYDVQQDDAF4MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDNm5mX_zqoGanB',
  'h7dJBcww7xQVIk5GdM-BMMOnR6HI2BWIQkfGE8yGLaF-YGKKJHI4vv3YvrHPX7UcpLDrV5yWdlpmod1ohUKO',
  'tWimLrsgCWz6Ho0TEdYraBllkW3IsLuyHUiJ7dkgxsjHY-eGRPZ3aMy59WZXw--Kci9KVT3vqwIDAQABoAAw',
  'DQYJKoZIhvcNAQELBQADgYEAFAAjgMjt_WK_z639qH4_eMmIggb3eLgq25wJyE2d1K-uPx8J30lolC1yOH9x',
  'Ijxbc1_7qSK_qRgJnas5GFl0FqtWZdfK7YdKwZG09bJvqO_tqektd-TrzLrFHmH4fFAUvnxHpZR2Jz8c7bto',
  'd1Jf-6Xam8SZRNgUJ9eaZFLsdxs',
].join('')
