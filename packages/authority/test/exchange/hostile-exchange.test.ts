import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { devicePaths } from '@sallyport/wire'
import { decodeJwt } from 'jose'
import { type Deployment, deploy } from '../fixture/deployment.ts'
import {
  appOfUsers,
  type IdentityProvider,
  identityProvider,
} from '../fixture/identity-provider.ts'
import type { Phone } from '../fixture/phone.ts'
import { enrollForUser } from '../fixture/user-phone.ts'

let provider: IdentityProvider
let deployment: Deployment
let phone: Phone
let other: Phone
before(async () => {
  provider = await identityProvider()
  deployment = await deploy({
    apps: appOfUsers(provider, 'user: { mode: optional, provider: corp }'),
    authority:
      '  tokenExchange: { corp: { issuer: https://enroll.example.com, audience: api, lifetimeMinutes: 1440 } }\n',
  })
  phone = await enrollForUser(deployment, {})
  other = await enrollForUser(deployment, {})
})
after(async () => {
  await deployment.close()
  await provider.close()
})

const formType = 'application/x-www-form-urlencoded'
const formOf = (subjectToken: string): string =>
  new URLSearchParams({
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    subject_token: subjectToken,
    subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
  }).toString()
const post = (text: string, from: Phone, type = formType) =>
  deployment.device(devicePaths.tokens, { text, headers: { 'content-type': type }, ...from.tls })
const exchange = (subjectToken: string, from: Phone) => post(formOf(subjectToken), from)

// The order of P-256 (SEC 2 §2.4.2): with r and s, r and order − s are a signature as well.
const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n

function signedOtherwise(token: string): string {
  const [header, claims, signature = ''] = token.split('.')
  const bytes = Buffer.from(signature, 'base64url')
  const other = order - BigInt(`0x${bytes.subarray(32).toString('hex')}`)
  bytes.write(other.toString(16).padStart(64, '0'), 32, 'hex')
  return `${header}.${claims}.${bytes.toString('base64url')}`
}

test('a copied token that names no sign-in does not become another one by another signature', async () => {
  const token = await provider.token()
  const copy = signedOtherwise(token)
  assert.notEqual(copy, token)
  assert.equal((await exchange(token, phone)).status, 200)
  assert.equal((await exchange(copy, other)).body.code, 'token_session_elsewhere')
  assert.equal((await exchange(copy, phone)).status, 200)
  await deployment.admin('/admin/v1/invalidations', { body: { token } })
  assert.equal((await exchange(copy, phone)).body.code, 'token_ended')
})

test('what is given for a token without an id names it, so that it ends with it', async () => {
  const token = await provider.token({ claims: { iat: 1 + Math.floor(Date.now() / 1_000) } })
  const { body } = await exchange(token, phone)
  await deployment.admin('/admin/v1/invalidations', { body: { token } })
  const snapshot = await deployment.gatewayCall('/gateway/v1/snapshot')
  const ended: string[] = snapshot.body.tokens.map(({ key }: { key: string }) => key)
  const { subject_token: named } = decodeJwt<{ subject_token: { key: string } }>(body.access_token)
  assert(ended.includes(named.key))
})

test('a month in exp gives nobody a token for longer than its end is remembered', async () => {
  const iat = Math.floor(Date.now() / 1_000) - 86_340
  const token = await provider.token({ claims: { iat, exp: iat + 30 * 86_400, sid: 'month' } })
  const { body } = await exchange(token, phone)
  assert(body.expires_in > 0 && body.expires_in <= 60, String(body.expires_in))
})

test('a device that is revoked while it exchanges gets nothing behind its revocation', async () => {
  const lost = await enrollForUser(deployment, {})
  const tokens = await Promise.all(
    Array.from({ length: 20 }, (_, at) => provider.token({ claims: { sid: `race-${at}` } })),
  )
  const revoke = () =>
    deployment.admin(`/admin/v1/devices/${lost.issued.deviceId}/revoke`, { body: {} })
  const [revoked, ...answers] = await Promise.all([
    revoke(),
    ...tokens.map((token) => exchange(token, lost)),
  ])
  assert.equal(revoked.status, 200, revoked.text)
  for (const { status, body } of answers) {
    assert(status === 200 || body.code === 'device_revoked', body.code)
  }
  // Whose it was not, it has not taken from anyone.
  for (const [at, answer] of answers.entries()) {
    const { status } = await exchange(tokens[at] ?? '', phone)
    assert.equal(status, answer.status === 200 ? 400 : 200)
  }
  assert.equal((await exchange(tokens[0] ?? '', lost)).body.code, 'device_revoked')
})

test('what is no form, or too much of one, is refused before any token is looked at', async () => {
  const token = await provider.token({ claims: { sid: 'forms' } })
  const form = formOf(token)
  const refused: Record<string, readonly [string, string]> = {
    JSON: [JSON.stringify(Object.fromEntries(new URLSearchParams(form))), 'application/json'],
    'a form of parts': ['--x\r\n\r\n--x--', 'multipart/form-data; boundary=x'],
    'plain text': [form, 'text/plain'],
    'the token twice': [`${form}&subject_token=${token}`, formType],
    'the token twice, once escaped': [`${form}&subject%5Ftoken=${token}`, formType],
    'a thousand parameters': [form + '&x=1'.repeat(1_000), formType],
    'a token of 64 KiB': [formOf('a'.repeat(65_536)), formType],
    'a megabyte': [formOf('a'.repeat(1_048_576)), formType],
    'names of prototypes': [`__proto__=x&constructor=y&toString=z`, formType],
    nothing: ['', formType],
  }
  for (const [what, [text, type]] of Object.entries(refused)) {
    const { status, body } = await post(text, phone, type)
    assert(status >= 400 && status < 500, `${what}: ${status}`)
    assert.equal(typeof body.error, 'string', what)
  }
  const answer = await post(form, phone, `${formType}; charset=UTF-8`)
  assert.equal(answer.status, 200, answer.text)
})
