import assert from 'node:assert/strict'
import { createHash, X509Certificate } from 'node:crypto'
import { readdirSync } from 'node:fs'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { createTokenVerifier } from '@sallyport/token'
import { devicePaths } from '@sallyport/wire'
import { decodeJwt, decodeProtectedHeader } from 'jose'
import { type Deployment, deploy } from '../fixture/deployment.ts'
import { isInToken } from '../fixture/token-place.ts'
import {
  appOfUsers,
  type IdentityProvider,
  identityProvider,
  issuer,
} from '../fixture/identity-provider.ts'
import { makeKey, type Phone, phoneOf, renew } from '../fixture/phone.ts'
import { enrollForUser } from '../fixture/user-phone.ts'

const dayMs = 24 * 3_600_000
const exchangedIssuer = 'https://enroll.example.com'
const grant = 'urn:ietf:params:oauth:grant-type:token-exchange'
const accessTokenType = 'urn:ietf:params:oauth:token-type:access_token'

let offset = 0
const now = () => Date.now() + offset
let provider: IdentityProvider
let deployment: Deployment
let phone: Phone
let other: Phone
before(async () => {
  provider = await identityProvider()
  const tried = `  tried:
    insecureDevelopmentDevices: true
    enrollment: { evidence: [development] }
`
  deployment = await deploy({
    apps: appOfUsers(provider, 'user: { mode: optional, provider: corp }', tried),
    now,
    authority: `  tokenExchange:
    corp: { issuer: '${exchangedIssuer}', audience: api, lifetimeMinutes: 10, apps: [wallet] }
`,
  })
  phone = await enrollForUser(deployment, {})
  other = await enrollForUser(deployment, {})
})
after(async () => {
  await deployment.close()
  await provider.close()
})

let count = 0
const userToken = (claims: Record<string, unknown> = {}) =>
  provider.token({ now: now(), claims: { sid: `sid-${++count}`, jti: `jti-${count}`, ...claims } })
const exchange = (
  subjectToken: string,
  from: Phone | undefined = phone,
  form: Record<string, string> = {},
) =>
  deployment.device(devicePaths.tokens, {
    text: new URLSearchParams({
      grant_type: grant,
      subject_token: subjectToken,
      subject_token_type: accessTokenType,
      ...form,
    }).toString(),
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    ...from?.tls,
  })
const thumbprintOf = ({ tls }: Phone) =>
  createHash('sha256').update(new X509Certificate(tls.cert).raw).digest('base64url')

/** As a gateway has it configured, with the keys that the authority publishes. */
async function verified(token: string) {
  const { text } = await deployment.device(devicePaths.tokenKeys)
  const verifier = createTokenVerifier({
    providers: {
      devices: {
        issuer: exchangedIssuer,
        audience: 'api',
        jwksFile: 'keys',
        algorithms: ['ES256'],
      },
    },
    readFile: () => Promise.resolve(Buffer.from(text)),
    now,
  })
  return verifier.verify(token)
}

test("a user's token becomes one that is bound to the device, and says the same of the user", async () => {
  const subjectToken = await userToken({
    scope: 'pay read',
    roles: ['customer'],
    account: { ids: ['a1'] },
    auth_time: 1_700_000_000,
    azp: 'wallet-app',
    nonce: 'n',
  })
  const answer = await exchange(subjectToken)
  assert.equal(answer.status, 200, answer.text)
  assert.equal(answer.headers['cache-control'], 'no-store')
  assert.equal(answer.body.issued_token_type, accessTokenType)
  assert.equal(answer.body.token_type, 'Bearer')
  assert.equal(answer.body.scope, 'pay read')
  const text = answer.body.access_token
  assert.equal(decodeProtectedHeader(text).typ, 'at+jwt')
  const token = await verified(text)
  assert.equal(token.subject, 'ada')
  assert.equal(token.session, `sid-${count}`)
  assert.equal(token.clientId, 'wallet-app')
  assert.deepEqual(token.scopes, ['pay', 'read'])
  assert.deepEqual(token.confirmation, { x5tS256: thumbprintOf(phone) })
  assert.equal(token.authTime, 1_700_000_000_000)
  const { roles, account, nonce, subject_token, device_id, jti } = token.claims
  assert.deepEqual([roles, account, nonce], [['customer'], { ids: ['a1'] }, undefined])
  const { iat } = decodeJwt(subjectToken)
  assert.deepEqual(subject_token, { iss: issuer, jti: `jti-${count}`, iat })
  assert.equal(device_id, phone.issued.deviceId)
  assert.match(String(jti), /^atk_/)
  assert(Math.abs(token.expiresAt - now() - 600_000) < 5_000)
})

test('the new token lives no longer than the one that it was given for', async () => {
  const subjectToken = await provider.token({ now: now(), expiresIn: 60, claims: { sid: 'short' } })
  const { body } = await exchange(subjectToken)
  assert(body.expires_in > 50 && body.expires_in <= 60)
  assert.equal(decodeJwt(body.access_token).exp, decodeJwt(subjectToken).exp)
})

test('the first device that brings a token of a sign-in has it, whoever was faster', async () => {
  const subjectToken = await userToken()
  const answers = await Promise.all(
    Array.from({ length: 10 }, (_, at) => exchange(subjectToken, at % 2 === 0 ? phone : other)),
  )
  const refused = answers.filter(({ status }) => status !== 200)
  assert.equal(refused.length, 5)
  for (const { status, body } of refused) {
    assert.equal(status, 400)
    assert.equal(body.error, 'invalid_grant')
    assert.equal(body.code, 'token_session_elsewhere')
    assert.equal(body.action, 'refresh-token')
  }
  const { body } = await deployment.admin('/admin/v1/audit?limit=1000')
  const told = body.rows.filter(({ action }: { action: string }) => {
    return action === 'session.refused-elsewhere'
  })
  assert.equal(told.length, 1, 'a flood of them is one row')
})

test('another token of the same sign-in is its device, too, also after a restart', async () => {
  const sid = 'kept'
  assert.equal((await exchange(await userToken({ sid }))).status, 200)
  await deployment.restart()
  assert.equal((await exchange(await userToken({ sid }))).status, 200)
  assert.equal((await exchange(await userToken({ sid }), other)).status, 400)
})

test('where the provider names no session, each token is bound by itself', async () => {
  const named = await userToken({ sid: undefined })
  const unnamed = await userToken({ sid: undefined, jti: undefined })
  for (const token of [named, unnamed]) {
    assert.equal((await exchange(token)).status, 200)
    assert.equal((await exchange(token)).status, 200)
    assert.equal((await exchange(token, other)).status, 400)
  }
  const session = await userToken({ sid: 'of-a-name', jti: 'x' })
  const token = await userToken({ sid: undefined, jti: 'of-a-name' })
  assert.equal((await exchange(session)).status, 200)
  assert.equal((await exchange(token, other)).status, 200, 'a session is no token of its name')
})

test('after a renewal the same device goes on, under its new certificate', async () => {
  const device = await enrollForUser(deployment, {})
  const subjectToken = await userToken()
  const before = await exchange(subjectToken, device)
  const key = makeKey()
  const renewed = phoneOf(key, (await renew(deployment, device, key)).body)
  const after = await exchange(subjectToken, renewed)
  assert.equal(after.status, 200, after.text)
  const cnf = (token: string) => (decodeJwt(token)['cnf'] as Record<string, string>)['x5t#S256']
  assert.equal(cnf(before.body.access_token), thumbprintOf(device))
  assert.equal(cnf(after.body.access_token), thumbprintOf(renewed))
})

test('a token that has ended is not exchanged for one that has not', async () => {
  const end = (body: object) => deployment.admin('/admin/v1/invalidations', { body })
  const sid = 'ended'
  const ofSession = await userToken({ sid })
  await end({ session: sid, provider: 'corp' })
  const alone = await userToken({ jti: 'ended' })
  await end({ tokenId: 'ended', provider: 'corp' })
  const byText = await userToken()
  await end({ token: byText })
  const ofUser = await userToken({ sub: 'bea' })
  await end({ subject: 'bea', provider: 'corp' })
  const device = await enrollForUser(deployment, {})
  const onDevice = await userToken()
  await end({ deviceId: device.issued.deviceId })
  const expected = [
    [await exchange(ofSession), 'token_ended'],
    [await exchange(alone), 'token_ended'],
    [await exchange(byText), 'token_ended'],
    [await exchange(ofUser), 'token_ended'],
    [await exchange(onDevice, device), 'token_ended'],
  ] as const
  for (const [answer, code] of expected) {
    assert.equal(answer.status, 400, answer.text)
    assert.equal(answer.body.code, code)
    assert.equal(answer.body.error, 'invalid_request')
  }
  assert.equal((await exchange(onDevice)).status, 200, 'on another device it counts')
  offset += 2_000
  assert.equal((await exchange(await userToken({ sub: 'bea' }))).status, 200, 'signed in again')
})

test('only devices that count exchange, and only of an app that does', async () => {
  const subjectToken = await userToken()
  const none = await deployment.device(devicePaths.tokens, {
    text: new URLSearchParams({
      grant_type: grant,
      subject_token: subjectToken,
      subject_token_type: accessTokenType,
    }).toString(),
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  })
  assert.equal(none.status, 401)
  assert.equal(none.body.error, 'invalid_client')
  assert.equal(none.body.code, 'device_certificate_required')
  const tried = await enrollForUser(deployment, { appId: 'tried' })
  const off = await exchange(subjectToken, tried)
  assert.equal(off.body.code, 'token_exchange_off')
  assert.equal(off.body.error, 'unauthorized_client')
  const revoked = await enrollForUser(deployment, {})
  await deployment.admin(`/admin/v1/devices/${revoked.issued.deviceId}/revoke`, { body: {} })
  assert.equal((await exchange(subjectToken, revoked)).body.code, 'device_revoked')
  assert.equal((await exchange(subjectToken)).status, 200, 'nobody had it before')
})

test('tokens that are not good, or bound already, are not exchanged', async () => {
  const mine = thumbprintOf(phone)
  const hostile: Record<string, [string, string]> = {
    forged: [await provider.token({ forged: true, now: now() }), 'token_invalid'],
    expired: [await provider.token({ expiresIn: -1, now: now() }), 'token_expired'],
    'of another audience': [await provider.token({ audience: 'x', now: now() }), 'token_invalid'],
    'of another issuer': [
      await provider.token({ issuer: 'https://evil.example' }),
      'token_invalid',
    ],
    'an ID token': [await provider.token({ type: 'JWT', now: now() }), 'token_invalid'],
    'bound by DPoP': [
      await userToken({ cnf: { jkt: thumbprintOf(other) } }),
      'token_exchange_bound',
    ],
    'of another certificate': [
      await userToken({ cnf: { 'x5t#S256': thumbprintOf(other) } }),
      'token_exchange_bound',
    ],
    none: ['e30.e30.', 'token_invalid'],
  }
  for (const [name, [token, code]] of Object.entries(hostile)) {
    const answer = await exchange(token)
    assert.equal(answer.status, 400, name)
    assert.equal(answer.body.code, code, name)
  }
  const bound = await userToken({ cnf: { 'x5t#S256': mine } })
  assert.equal((await exchange(bound)).status, 200)
  const again = (await exchange(await userToken())).body.access_token
  assert.equal((await exchange(again)).status, 400, 'what was given out is not exchanged again')
})

test('what RFC 8693 allows and is not done here is said in its words', async () => {
  const token = await userToken({ scope: 'read pay' })
  const refused: [Record<string, string>, string][] = [
    [{ grant_type: 'authorization_code' }, 'unsupported_grant_type'],
    [{ subject_token_type: 'urn:ietf:params:oauth:token-type:saml2' }, 'invalid_request'],
    [{ requested_token_type: 'urn:ietf:params:oauth:token-type:id_token' }, 'invalid_request'],
    [{ actor_token: 'x' }, 'invalid_request'],
    [{ audience: 'https://other.example' }, 'invalid_target'],
    [{ resource: 'https://other.example' }, 'invalid_target'],
    [{ scope: 'admin' }, 'invalid_scope'],
    [{ scope: 'read admin' }, 'invalid_scope'],
    [{ scope: ' ' }, 'invalid_scope'],
    [{ subject_token: '' }, 'invalid_request'],
  ]
  for (const [form, error] of refused) {
    const answer = await exchange(token, phone, form)
    assert.equal(answer.status, 400, answer.text)
    assert.equal(answer.body.error, error, JSON.stringify(form))
  }
  const narrowed = await exchange(token, phone, { scope: 'read', audience: 'api' })
  assert.equal(narrowed.body.scope, 'read')
  assert.equal(decodeJwt(narrowed.body.access_token)['scope'], 'read')
  const twice = await exchange(token, phone, { scope: 'read' })
  assert.equal(twice.status, 200)
})

test('keys are published before they sign, follow one another, and go when nothing of theirs can be in date', async () => {
  const kids = async () =>
    (await deployment.device(devicePaths.tokenKeys)).body.keys.map(
      ({ kid }: { kid: string }) => kid,
    )
  const kidNow = async () => {
    const { body } = await exchange(await userToken())
    return decodeProtectedHeader(body.access_token).kid
  }
  const [first, ...more] = await kids()
  assert.equal(more.length, 0)
  assert.equal(await kidNow(), first)
  if (!isInToken()) {
    const files = readdirSync(path.join(deployment.directory, 'keys'))
    assert(files.includes('token-key-1.key.json'), 'beside the keys of the CAs')
  }
  offset += 90 * dayMs
  await deployment.restart()
  phone = await enrollForUser(deployment, {})
  const both = await kids()
  assert.equal(both.length, 2)
  assert.equal(await kidNow(), first, 'the new one is published first')
  offset += 2 * 3_600_000
  assert.equal(await kidNow(), both[1])
  offset += 3 * dayMs
  assert.deepEqual(await kids(), [both[1]])
})
