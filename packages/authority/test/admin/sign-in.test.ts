import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { after, before, test } from 'node:test'
import { movableClock } from '../fixture/clock.ts'
import { type Deployment, deploy } from '../fixture/deployment.ts'
import { type IdentityProvider, identityProvider } from '../fixture/identity-provider.ts'

const clientId = 'sallyport-cli'
const clock = movableClock()
let provider: IdentityProvider
let issuer: string
let deployment: Deployment
before(async () => {
  provider = await identityProvider()
  issuer = new URL(provider.url).origin
  deployment = await deploy({ now: clock.now, authority: signInOf('') })
})
after(async () => {
  await deployment.close()
  await provider.close()
})

const signInOf = (more: string) => `  admin:
    signIn:
      issuer: ${issuer}
      clientId: ${clientId}
      requiredGroups: [staff]
      grants:
        - { group: admins, role: admin }
        - { group: wallet-team, role: operator, apps: [wallet] }
      sessionHours: 8
${more}`

/** What a client keeps, and an ID token whose nonce is the hash of it. */
async function idToken(claims: Record<string, unknown> = {}, options: object = {}) {
  const nonceVerifier = randomBytes(32).toString('base64url')
  const nonce = createHash('sha256').update(nonceVerifier).digest('base64url')
  const own = { groups: ['staff', 'admins'], email: 'ada@example.com', nonce, ...claims }
  const asked = { issuer, audience: clientId, now: clock.now(), type: 'JWT', ...options }
  return { idToken: await provider.token({ ...asked, claims: own }), nonceVerifier }
}

const begin = (body: object) => deployment.admin('/admin/v1/sessions', { headers: {}, body })
const as = (token: string, path: string, body?: object) =>
  deployment.admin(`/admin/v1/${path}`, {
    headers: { authorization: `Bearer ${token}` },
    ...(body === undefined ? {} : { body }),
  })

test('whoever has no token is told where to sign in', async () => {
  const { body } = await deployment.admin('/admin/v1/sign-in', { headers: {} })
  assert.deepEqual(body, { issuer, clientId, scopes: ['openid', 'email', 'profile'] })
})

test('an ID token begins a session of hours, in the name of who signed in', async () => {
  const { status, body } = await begin(await idToken())
  assert.equal(status, 201)
  const { kind, role, label, createdAt, expiresAt } = body.adminToken
  assert.deepEqual([kind, role], ['session', 'admin'])
  assert.match(label, /^ada@example\.com \(.+\)$/)
  assert.equal(Date.parse(expiresAt) - Date.parse(createdAt), 8 * 3_600_000)
  const me = (await as(body.token, 'whoami')).body
  assert.equal(me.actor, `operator:${label}`)
  assert.equal((await as(body.token, 'sessions/end', {})).status, 200)
  assert.equal((await as(body.token, 'whoami')).body.found, 'revoked')
})

test('groups decide, the first that is listed; what they give is all there is', async () => {
  const { body } = await begin(await idToken({ groups: ['wallet-team', 'staff', 'others'] }))
  assert.deepEqual([body.adminToken.role, body.adminToken.apps], ['operator', ['wallet']])
  assert.equal((await as(body.token, 'audit')).status, 403)
})

test('a session stands in the audit log as what was made', async () => {
  const { body } = await begin(await idToken())
  const { rows } = (await deployment.admin('/admin/v1/audit?limit=1000&action=admin-token.created'))
    .body
  const row = rows.find(({ subject }: { subject: string }) => subject === body.adminToken.id)
  const { before: was, after: is } = row.detail
  assert.deepEqual([was, is.kind, is.role], [null, 'session', body.adminToken.role])
})

test('a session ends with its hours', async () => {
  const { body } = await begin(await idToken())
  clock.moveMinutes(8 * 60)
  assert.equal((await as(body.token, 'whoami')).body.found, 'expired')
})

test('two sessions of one person agree on nothing; tokens that they make neither', async () => {
  const one = (await begin(await idToken())).body
  const two = (await begin(await idToken())).body
  const { adminTokens } = (await as(one.token, 'admin-tokens')).body
  assert.equal(
    adminTokens.filter(({ kind }: { kind: string }) => kind === 'session').length >= 2,
    true,
  )
  const persons = await Promise.all([one, two].map(({ adminToken }) => personOf(adminToken.id)))
  assert.equal(persons[0], persons[1])
  const made = (await as(one.token, 'admin-tokens', { label: 'x', role: 'viewer' })).body
  assert.equal(await personOf(made.adminToken.id), persons[0])
})

async function personOf(id: string): Promise<string | undefined> {
  const { withStore } = await import('../fixture/store-place.ts')
  return withStore(deployment.directory, async (store) => {
    const rows = await store.read.selectFrom('admin_tokens').selectAll().execute()
    return rows.find((row) => row.id === id)?.person
  })
}

type Attack = { name: string; of: () => Promise<object>; found?: RegExp }
const attacks: Attack[] = [
  { name: 'of another client', of: () => idToken({}, { audience: 'another' }), found: /audience/ },
  {
    name: 'for two clients, given to the other one',
    of: () => idToken({ aud: [clientId, 'another'], azp: 'another' }),
    found: /another client/,
  },
  {
    name: 'for two clients, given to nobody',
    of: () => idToken({ aud: [clientId, 'another'] }),
    found: /another client/,
  },
  {
    name: 'of another issuer',
    of: () => idToken({}, { issuer: 'https://evil.example.com' }),
    found: /issuer/,
  },
  { name: 'that nobody signed', of: () => idToken({}, { forged: true }), found: /signature/ },
  {
    name: 'that was stolen: with another nonce verifier',
    of: async () => ({ ...(await idToken()), nonceVerifier: 'A'.repeat(43) }),
    found: /another/,
  },
  { name: 'without a nonce', of: () => idToken({ nonce: undefined }), found: /none/ },
  {
    name: 'whose nonce is the verifier itself',
    of: async () => {
      const { nonceVerifier } = await idToken()
      return { ...(await idToken({ nonce: nonceVerifier })), nonceVerifier }
    },
    found: /another/,
  },
  { name: 'of an hour ago', of: () => idToken({}, { expiresIn: -3_600 }), found: /expired/ },
  {
    name: 'of a clock that is an hour ahead',
    of: () => idToken({}, { now: clock.now() + 3_600_000 }),
    found: /not_yet_valid/,
  },
  {
    name: 'of a clock that is an hour behind',
    of: () => idToken({}, { now: clock.now() - 3_600_000 }),
    found: /expired/,
  },
  { name: 'without the required group', of: () => idToken({ groups: ['admins'] }) },
  { name: 'of somebody in no group here', of: () => idToken({ groups: ['staff'] }) },
  { name: 'without groups', of: () => idToken({ groups: undefined }) },
  {
    name: 'whose groups are an object',
    of: () => idToken({ groups: { staff: true, admins: true } }),
  },
  { name: 'that is an access token', of: () => idToken({ nonce: undefined }, { type: 'at+jwt' }) },
]
for (const { name, of, found } of attacks) {
  test(`an ID token ${name} begins no session`, async () => {
    // Guessing is slow: each of these would take from the few tries of an address.
    clock.moveMinutes(1)
    const { status, body, text } = await begin(await of())
    assert.deepEqual([status, body.code], [401, 'sign_in_refused'], text)
    if (found !== undefined) assert.match(body.found, found)
  })
}

const atHash = (text: string) =>
  createHash('sha256').update(text).digest().subarray(0, 16).toString('base64url')

test('without a nonce it is bound by the access token that came with it', async () => {
  clock.moveMinutes(1)
  const accessToken = randomBytes(32).toString('base64url')
  const bound = await idToken({ nonce: undefined, at_hash: atHash(accessToken) })
  const refusals = [
    { idToken: bound.idToken, accessToken: 'another' },
    { idToken: bound.idToken, nonceVerifier: bound.nonceVerifier },
    { idToken: (await idToken({ nonce: undefined })).idToken, accessToken },
    { idToken: (await idToken({ at_hash: atHash(accessToken) })).idToken, accessToken },
  ]
  for (const body of refusals) assert.equal((await begin(body)).body.code, 'sign_in_refused')
  const both = await begin({ ...bound, accessToken })
  assert.deepEqual([both.status, (await begin({ idToken: bound.idToken })).status], [400, 400])
  assert.equal((await begin({ idToken: bound.idToken, accessToken })).status, 201)
  assert.equal((await begin({ idToken: bound.idToken, accessToken })).body.found, 'a used one')
})

test('an ID token that nothing binds is taken where the configuration says so, for a minute, once', async () => {
  const lax = await deploy({
    authority: signInOf('      insecureUnboundDevice: true'),
  })
  try {
    const beginThere = (body: object) => lax.admin('/admin/v1/sessions', { headers: {}, body })
    const of = async (claims: object, now = Date.now()) => ({
      idToken: (await idToken({ nonce: undefined, ...claims }, { now })).idToken,
      accessToken: 'any',
    })
    const byDefault = { ...(await idToken({ nonce: undefined })), nonceVerifier: undefined }
    const unbound = { ...byDefault, accessToken: 'any' }
    assert.equal((await begin(unbound)).body.code, 'sign_in_refused', 'not by default')
    const shown = await of({})
    assert.equal((await beginThere(shown)).status, 201)
    assert.equal((await beginThere(shown)).body.found, 'a used one')
    assert.equal((await beginThere(await of({}, Date.now() - 90_000))).status, 401)
    assert.equal((await beginThere(await of({ at_hash: atHash('another') }))).status, 401)
    assert.equal((await beginThere(await of({ nonce: 'of a browser' }))).status, 401)
  } finally {
    await lax.close()
  }
})

test('an ID token is taken once, also by several at the same time', async () => {
  const shown = await idToken()
  const answers = await Promise.all([begin(shown), begin(shown), begin(shown)])
  assert.deepEqual(answers.map(({ status }) => status).toSorted(), [201, 401, 401])
  assert.equal((await begin(shown)).body.found, 'a used one')
})

test('how and when somebody was asked for a password can be required', async () => {
  const strict = await deploy({
    authority: signInOf('      maxAuthMinutes: 10\n      acr: [phr]'),
  })
  try {
    const seconds = Math.floor(Date.now() / 1_000)
    const beginThere = async (claims: Record<string, unknown>) =>
      strict.admin('/admin/v1/sessions', {
        headers: {},
        body: await idToken(claims, { now: Date.now() }),
      })
    assert.equal((await beginThere({ auth_time: seconds, acr: 'phr' })).status, 201)
    assert.equal((await beginThere({ auth_time: seconds - 900, acr: 'phr' })).status, 401)
    assert.equal((await beginThere({ acr: 'phr' })).status, 401)
    assert.equal((await beginThere({ auth_time: seconds, acr: 'pwd' })).status, 401)
    assert.equal((await beginThere({ auth_time: seconds })).status, 401)
  } finally {
    await strict.close()
  }
})

test('where the provider is away, nobody signs in, and sessions go on', async () => {
  const away = await identityProvider()
  const gone = new URL(away.url).origin
  const authority = signInOf('').replace(issuer, gone)
  const there = await deploy({ authority })
  try {
    await away.close()
    const body = await idToken({}, { issuer: gone, now: Date.now() })
    const answer = await there.admin('/admin/v1/sessions', { headers: {}, body })
    assert.deepEqual([answer.status, answer.body.code], [503, 'identity_provider_unavailable'])
    assert.equal((await there.admin('/admin/v1/devices')).status, 200)
  } finally {
    await there.close()
  }
})

test('where nobody signs in, nobody does', async () => {
  const without = await deploy()
  try {
    const body = await idToken({}, { now: Date.now() })
    const answer = await without.admin('/admin/v1/sessions', { headers: {}, body })
    assert.equal(answer.status, 404)
  } finally {
    await without.close()
  }
})
