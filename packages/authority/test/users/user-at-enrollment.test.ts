import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import https from 'node:https'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { devicePaths } from '@sallyport/wire'
import pino from 'pino'
import { movableClock } from '../fixture/clock.ts'
import { type Deployment, deploy } from '../fixture/deployment.ts'
import {
  appOfUsers,
  audience,
  type IdentityProvider,
  identityProvider,
  issuer,
} from '../fixture/identity-provider.ts'
import { enrollmentOf, makeKey, takeChallenge } from '../fixture/phone.ts'
import { askToEnroll, auditOf, tryToEnroll } from '../fixture/user-phone.ts'

const clock = movableClock()
const logged: string[] = []
let provider: IdentityProvider
let deployment: Deployment
before(async () => {
  provider = await identityProvider()
  const others = `  relaxed:
    insecureDevelopmentDevices: true
    enrollment: { evidence: [development], user: { mode: optional, provider: corp } }
  tried:
    enrollment: { mode: shadow, evidence: [development], user: { mode: required, provider: corp } }
  away:
    insecureDevelopmentDevices: true
    enrollment: { evidence: [development], user: { mode: required, provider: web } }
  found:
    insecureDevelopmentDevices: true
    enrollment: { evidence: [development], user: { mode: required, provider: discovered } }
  plain:
    insecureDevelopmentDevices: true
    enrollment: { evidence: [development] }
`
  const apps = appOfUsers(provider, 'user: { mode: required, provider: corp }', others)
  const web = `  web: { issuer: '${issuer}/web', audience: '${audience}', jwksUrl: '${provider.url}' }\n`
  const discovered = `  discovered: { issuer: '${new URL(provider.url).origin}', audience: '${audience}' }\n`
  deployment = await deploy({
    apps: apps + web + discovered,
    now: clock.now,
    log: pino({ level: 'trace' }, { write: (line: string) => void logged.push(line) }),
  })
})
after(async () => {
  await deployment.close()
  await provider.close()
})

const device = async (id: string) => (await deployment.admin(`/admin/v1/devices/${id}`)).body

test('a device belongs to the user whose token came with its enrolment', async () => {
  const accessToken = await provider.token({ subject: 'ada' })
  const answer = await tryToEnroll(deployment, { accessToken })
  assert.equal(answer.status, 201, answer.text)
  const { body } = await deployment.admin('/admin/v1/devices?userSubject=ada')
  const [listed, ...more] = body.devices
  assert.equal(more.length, 0)
  assert.equal(listed.id, answer.body.deviceId)
  assert.deepEqual(
    [listed.userProvider, listed.phoneId, listed.enrolledFrom],
    ['corp', null, '127.0.0.1'],
  )
  assert.match(listed.userSubject, /^hashed:[A-Za-z0-9_-]{43}$/)
  const { text } = await deployment.operations('/metrics')
  assert.match(text, /user_devices_added_total\{app="wallet",kind="first"\} 1\n/)
  const added = await auditOf(deployment, 'user.device-added', answer.body.deviceId)
  assert.deepEqual(added.detail, {
    appId: 'wallet',
    provider: 'corp',
    subject: listed.userSubject,
    approvedBy: null,
    before: { devices: 0 },
    after: { devices: 1 },
  })
})

test('a token is asked for where policy requires it, and said so as RFC 6750 has it', async () => {
  const answer = await tryToEnroll(deployment, {})
  assert.equal(answer.body.code, 'token_required')
  assert.equal(answer.body.action, 'refresh-token')
  assert.equal(answer.headers['www-authenticate'], 'Bearer realm="authority"')
})

const bad: Record<string, () => Promise<string>> = {
  'of another audience': () => provider.token({ audience: 'https://other.example.com' }),
  'of another issuer': () => provider.token({ issuer: 'https://evil.example.com' }),
  'of a provider that this app does not name': () => provider.token({ issuer: `${issuer}/web` }),
  'signed by someone else': () => provider.token({ forged: true }),
  'that is no JWT': async () => 'opaque',
}
for (const [name, token] of Object.entries(bad)) {
  test(`a token ${name} is refused, and the phone hears no more than that`, async () => {
    const answer = await tryToEnroll(deployment, { accessToken: await token() })
    assert.equal(answer.status, 401)
    assert.equal(answer.body.code, 'token_invalid')
    assert.match(String(answer.headers['www-authenticate']), /^Bearer .*error="invalid_token"$/)
  })
}

test('a bound token proves nothing here, where nobody asks for its key: it is no bearer token', async () => {
  for (const member of ['jkt', 'x5t#S256']) {
    const claims = { cnf: { [member]: 'A'.repeat(43) } }
    const answer = await tryToEnroll(deployment, { accessToken: await provider.token({ claims }) })
    assert.equal(answer.status, 401)
    assert.equal(answer.body.code, 'token_binding_unchecked')
  }
})

test('an expired token is told as that, so that the app gets a new one', async () => {
  const accessToken = await provider.token({ expiresIn: -120 })
  const answer = await tryToEnroll(deployment, { accessToken })
  assert.equal(answer.body.code, 'token_expired')
  assert.equal(answer.body.action, 'refresh-token')
})

test('two Authorization headers are refused', async () => {
  const token = await provider.token()
  const body = JSON.stringify(enrollmentOf(makeKey(), await takeChallenge(deployment)))
  const url = new URL(devicePaths.certificates, deployment.authority.addresses.device)
  const request = https.request(url, { method: 'POST', ca: deployment.caPem, agent: false })
  request.setHeader('content-type', 'application/json')
  request.appendHeader('authorization', `Bearer ${token}`)
  request.appendHeader('authorization', `Bearer ${token}`)
  request.end(body)
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  const answer = Buffer.concat(await response.toArray()).toString()
  assert.equal(JSON.parse(answer).code, 'token_header_invalid')
})

test('a token is looked at before evidence is', async () => {
  const key = makeKey()
  const message = enrollmentOf(key, await takeChallenge(deployment))
  const evidence = { format: 'development', statement: 'AAAA' }
  const answer = await deployment.device(devicePaths.certificates, {
    body: { ...message, evidence },
  })
  assert.equal(answer.body.code, 'token_required')
})

test('a message that is sent again is answered again, also when its token has expired since', async () => {
  const { send } = await askToEnroll(deployment, { accessToken: await provider.token() })
  const first = await send()
  assert.equal(first.status, 201, first.text)
  const expired = await provider.token({ expiresIn: -120 })
  for (const token of [expired, 'nonsense']) {
    const again = await send(token)
    assert.equal(again.status, 201, again.text)
    assert.deepEqual(again.body.certificates, first.body.certificates)
  }
})

test('a message refused for its token goes on with a new token', async () => {
  const { send } = await askToEnroll(deployment, {})
  assert.equal((await send(await provider.token({ expiresIn: -120 }))).body.code, 'token_expired')
  assert.equal((await send(await provider.token({ subject: 'late' }))).status, 201)
})

test('mode optional takes no token, and refuses a bad one', async () => {
  const appId = 'relaxed'
  assert.equal((await tryToEnroll(deployment, { appId })).status, 201)
  const accessToken = await provider.token()
  assert.equal((await tryToEnroll(deployment, { appId, accessToken })).status, 201)
  const refused = await tryToEnroll(deployment, { appId, accessToken: 'nonsense' })
  assert.equal(refused.body.code, 'token_invalid')
})

test('an app that asks for no user does not look at the header', async () => {
  const answer = await tryToEnroll(deployment, { appId: 'plain', accessToken: 'nonsense' })
  assert.equal(answer.status, 201, answer.text)
})

test('mode shadow enrols without a user, and records what would have refused', async () => {
  const answer = await tryToEnroll(deployment, { appId: 'tried', accessToken: 'nonsense' })
  assert.equal(answer.status, 201, answer.text)
  const { shadow } = (await device(answer.body.deviceId)).device
  assert.ok(shadow.some((row: { code: string }) => row.code === 'token_malformed'))
})

test('keys come from a URL too, and are asked for once', async () => {
  const appId = 'away'
  for (const subject of ['a', 'b', 'c']) {
    const accessToken = await provider.token({ issuer: `${issuer}/web`, subject })
    assert.equal((await tryToEnroll(deployment, { appId, accessToken })).status, 201)
  }
  assert.equal(provider.asked, 1)
})

test('a provider whose keys are discovered knows its users, too', async () => {
  const { origin } = new URL(provider.url)
  const accessToken = await provider.token({ issuer: origin, subject: 'grace' })
  const answer = await tryToEnroll(deployment, { appId: 'found', accessToken })
  assert.equal(answer.status, 201, answer.text)
})

test('no token is in the log, nor anywhere on the disk', async () => {
  const accessToken = await provider.token({ subject: 'secretive' })
  assert.equal((await tryToEnroll(deployment, { accessToken })).status, 201)
  const forged = await provider.token({ forged: true })
  assert.equal((await tryToEnroll(deployment, { accessToken: forged })).status, 401)
  const files = readdirSync(deployment.directory, { recursive: true, withFileTypes: true })
  const kept = files
    .filter((file) => file.isFile())
    .map((file) => readFileSync(path.join(file.parentPath, file.name), 'latin1'))
  for (const token of [accessToken, forged]) {
    const [, claims = '', signature = ''] = token.split('.')
    for (const text of [...kept, logged.join('')]) {
      assert.ok(!text.includes(signature) && !text.includes(claims))
    }
  }
})
