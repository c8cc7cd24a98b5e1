import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import https from 'node:https'
import { after, before, test } from 'node:test'
import { issuedBase } from '@sallyport/wire'
import { type Deployment, deploy } from '../fixture/deployment.ts'
import {
  appOfUsers,
  type IdentityProvider,
  identityProvider,
  issuer,
  type TokenOptions,
} from '../fixture/identity-provider.ts'

const event = 'http://schemas.openid.net/event/backchannel-logout'
const keyOf = (value: string) =>
  createHash('sha256').update(issuedBase(issuer, value)).digest('base64url')

let provider: IdentityProvider
let deployment: Deployment
let count = 0
before(async () => {
  provider = await identityProvider()
  const apps = appOfUsers(provider, 'user: { mode: optional, provider: corp }')
  const lax = `  lax: { issuer: '${issuer}/lax', audience: a, jwksFile: '${provider.file}', tokenType: JWT, subjectClaim: oid }\n`
  deployment = await deploy({
    apps: apps + lax,
    authority: `  sessions:
    logout:
      corp: { clientIds: [wallet-app, wallet-beta] }
      lax: { clientIds: [wallet-app], ends: subject }
`,
  })
})
after(async () => {
  await deployment.close()
  await provider.close()
})

const now = () => Math.floor(Date.now() / 1_000)
/** A good logout token, but for what a test says. */
const logoutToken = (claims: Record<string, unknown> = {}, options: TokenOptions = {}) =>
  provider.token({
    type: 'logout+jwt',
    claims: {
      aud: 'wallet-app',
      jti: `logout-${++count}`,
      sid: `sid-${count}`,
      exp: now() + 120,
      events: { [event]: {} },
      ...claims,
    },
    ...options,
  })
const send = (token: string, to = 'corp', extra = '', type = 'application/x-www-form-urlencoded') =>
  deployment.device(`/oidc/v1/backchannel-logout/${to}`, {
    text: `${new URLSearchParams({ logout_token: token }).toString()}${extra}`,
    headers: { 'content-type': type },
  })
const entryOf = async (member: string, value: string) => {
  const { body } = await deployment.gatewayCall('/gateway/v1/snapshot')
  return body[member].find(({ key }: { key: string }) => key === keyOf(value))
}

test('a session that the provider ended is over, and its user goes on elsewhere', async () => {
  const answer = await send(await logoutToken({ sid: 'over' }))
  assert.equal(answer.status, 200, answer.text)
  assert.equal(answer.headers['cache-control'], 'no-store')
  assert.notEqual(await entryOf('sessions', 'over'), undefined)
  assert.equal(await entryOf('subjects', 'ada'), undefined)
  const { body } = await deployment.admin('/admin/v1/invalidations?session=over&provider=corp')
  assert.equal(body.invalidations[0].actor, 'provider:corp')
})

test('without a session all of the user ends, up to the logout by the clock of the provider', async () => {
  const iat = now() - 20
  const answer = await send(await logoutToken({ sid: undefined, sub: 'bea', iat }))
  assert.equal(answer.status, 200, answer.text)
  assert.equal((await entryOf('subjects', 'bea')).issuedUntil, iat * 1_000)
})

test('where access tokens do not name their session, all of the user ends', async () => {
  const claims = { iss: `${issuer}/lax`, sid: 's', sub: 'pairwise', oid: 'cleo' }
  for (const type of ['JWT', undefined, 'logout+jwt']) {
    const answer = await send(await logoutToken(claims, { type }), 'lax')
    assert.equal(answer.status, 200, answer.text)
  }
  const { body } = await deployment.admin('/admin/v1/invalidations?subject=cleo&provider=lax')
  assert.equal(body.invalidations.length, 1)
  const unnamed = { iss: `${issuer}/lax`, sid: undefined, sub: 'pairwise' }
  assert.equal((await send(await logoutToken(unnamed), 'lax')).status, 400, 'no oid, no session')
})

test('a logout token is obeyed once, also after a restart', async () => {
  const token = await logoutToken()
  assert.equal((await send(token)).status, 200)
  const again = await send(token)
  assert.equal(again.status, 400)
  assert.equal(again.body.error, 'invalid_request')
  assert.equal(again.body.code, 'logout_token_invalid')
  await deployment.restart()
  assert.equal((await send(token)).status, 400)
})

test('logout tokens that are not good are refused', async (t) => {
  const hostile: Record<string, string> = {
    'of another audience': await logoutToken({ aud: 'other-app' }),
    'of no audience': await logoutToken({ aud: undefined }),
    'of another issuer': await logoutToken({ iss: 'https://evil.example.com' }),
    'of a provider that is configured, at the place of another': await logoutToken({
      iss: `${issuer}/lax`,
    }),
    forged: await logoutToken({}, { forged: true }),
    expired: await logoutToken({ iat: now() - 300, exp: now() - 200 }),
    'without an end': await logoutToken({ exp: undefined }),
    'kept for an hour': await logoutToken({ iat: now() - 3_600, exp: now() + 3_600 }),
    'of the future': await logoutToken({ iat: now() + 3_600, exp: now() + 7_200 }),
    'without its time': await logoutToken({ iat: undefined }),
    'with a nonce': await logoutToken({ nonce: 'n' }),
    'with an empty nonce': await logoutToken({ nonce: null }),
    'without jti': await logoutToken({ jti: undefined }),
    'with a jti that is no text': await logoutToken({ jti: 7 }),
    'without events': await logoutToken({ events: undefined }),
    'of another event': await logoutToken({ events: { 'urn:other': {} } }),
    'whose event is no object': await logoutToken({ events: { [event]: true } }),
    'whose event is a list': await logoutToken({ events: { [event]: [] } }),
    'whose events are a list': await logoutToken({ events: [event] }),
    'of nobody': await logoutToken({ sid: undefined, sub: undefined }),
    'of a session that is no text': await logoutToken({ sid: {} }),
    'of a huge session': await logoutToken({ sid: 'a'.repeat(5_000) }),
    'an access token': await provider.token(),
    'of another type': await logoutToken({}, { type: 'JWT' }),
    'of no type': await logoutToken({}, { type: undefined }),
    'alg none': `${Buffer.from('{"alg":"none","typ":"logout+jwt"}').toString('base64url')}.e30.`,
    huge: `e30.${'a'.repeat(60_000)}.c2ln`,
    empty: '',
    'not a token': 'hello',
  }
  for (const [name, token] of Object.entries(hostile)) {
    await t.test(name, async () => {
      let answer = await send(token)
      if (answer.status === 429) {
        // So many refusals are themselves refused: an authority that starts anew has forgotten them.
        await deployment.restart()
        answer = await send(token)
      }
      assert.equal(answer.status, 400, answer.text)
      assert.equal(answer.body.error, 'invalid_request')
      assert.match(String(answer.headers['content-type']), /^application\/json/)
    })
  }
})

test('whoever sends bad ones without end is held back, and the store is not filled', async () => {
  const answers = await Promise.all(Array.from({ length: 40 }, () => send('e30.e30.c2ln')))
  assert(answers.some(({ status }) => status === 429))
  assert(answers.every(({ status }) => status === 400 || status === 429))
  const { body } = await deployment.admin('/admin/v1/invalidations?limit=1000')
  assert(body.invalidations.length < 10)
  assert.equal((await send(await logoutToken())).status, 200, 'a good one still gets through')
})

test('strangers behind the same balancer keep no logout of the provider away', async (t) => {
  const agent = new https.Agent({ keepAlive: true, maxSockets: 8 })
  t.after(() => agent.destroy())
  const post = (token: string) =>
    deployment.device('/oidc/v1/backchannel-logout/corp', {
      text: new URLSearchParams({ logout_token: token }).toString(),
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      agent,
    })
  // Behind the first 1,500, which are more than any address may send at once.
  const logouts = await Promise.all(Array.from({ length: 10 }, () => logoutToken()))
  const flood = Array.from({ length: 2_500 }, (_, at) => {
    const isLogout = at >= 1_500 && at % 100 === 0
    return isLogout ? (logouts[(at - 1_500) / 100] ?? '') : 'e30.e30.c2ln'
  })
  const answers = await Promise.all(flood.map(post))
  for (const [at, { status }] of answers.entries()) {
    if (logouts.includes(flood[at] ?? '')) assert.equal(status, 200)
    else assert(status === 400 || status === 429)
  }
})

test('a form, with each parameter once; and only where it is configured', async () => {
  const token = await logoutToken()
  assert.equal((await send(token, 'nobody')).status, 404)
  assert.equal((await send(token, 'constructor')).status, 404)
  assert.notEqual((await send(token, 'corp', '', 'application/json')).status, 200)
  for (const extra of [
    '&logout_token=b',
    `&${Array.from({ length: 30 }, (_, at) => `p${at}=1`).join('&')}`,
  ]) {
    assert.equal((await send(token, 'corp', extra)).status, 400)
  }
  assert.equal((await send(token, 'corp', '&unknown=1')).status, 200)
})
