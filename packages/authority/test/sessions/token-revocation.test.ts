import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { chmodSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { isProblem } from '@sallyport/problem'
import { issuedBase, tokenBase } from '@sallyport/wire'
import { checkAuthority } from '../../src/config/check-authority.ts'
import { type Deployment, deploy } from '../fixture/deployment.ts'
import {
  appOfUsers,
  audience,
  type IdentityProvider,
  identityProvider,
  issuer,
} from '../fixture/identity-provider.ts'

const secret = 'a secret: of+some 40 characters & ümlauts'
const sha256 = (base: string) => createHash('sha256').update(base).digest('base64url')

let provider: IdentityProvider
let deployment: Deployment
before(async () => {
  provider = await identityProvider()
  const directory = mkdtempSync(path.join(tmpdir(), 'sallyport-authority-'))
  writeFileSync(path.join(directory, 'backend.secret'), `${secret}\n`, { mode: 0o600 })
  const web = `  web: { issuer: '${issuer}/web', audience: '${audience}', jwksFile: '${provider.file}' }\n`
  deployment = await deploy({
    directory,
    apps: appOfUsers(provider, 'user: { mode: optional, provider: corp }') + web,
    authority: `  sessions:
    revocationClients:
      'back:end': { secretFile: backend.secret }
      web-only: { secretFile: backend.secret, providers: [web] }
`,
  })
})
after(async () => {
  await deployment.close()
  await provider.close()
})

const encode = (text: string) => encodeURIComponent(text).replaceAll('%20', '+')
const basic = (id: string, word = secret) =>
  `Basic ${Buffer.from(`${encode(id)}:${encode(word)}`).toString('base64')}`
const revoke = (form: Record<string, string>, authorization?: string) =>
  deployment.device('/oauth/v1/revoke', {
    text: new URLSearchParams(form).toString(),
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      ...(authorization === undefined ? {} : { authorization }),
    },
  })
const listed = async () =>
  (await deployment.admin('/admin/v1/invalidations?limit=1000')).body.invalidations as {
    key: string
    actor: string
  }[]

test('a listed client ends a token, by its id where it has one', async () => {
  const plain = await provider.token()
  const named = await provider.token({ claims: { jti: 'jti-1' } })
  assert.equal((await revoke({ token: plain }, basic('back:end'))).status, 200)
  const inForm = { client_id: 'back:end', client_secret: secret, token_type_hint: 'access_token' }
  const answer = await revoke({ token: named, ...inForm })
  assert.equal(answer.status, 200, answer.text)
  assert.equal(answer.text, '')
  const rows = await listed()
  assert.deepEqual(
    new Set(rows.map(({ key }) => key)),
    new Set([sha256(tokenBase(plain)), sha256(issuedBase(issuer, 'jti-1'))]),
  )
  assert(rows.every(({ actor }) => actor === 'client:back:end'))
})

test('the same token a thousand times is one row and one change', async () => {
  const token = await provider.token({ claims: { jti: 'again' } })
  const seqs = new Set<number>()
  for (let round = 0; round < 100; round++) {
    const answers = await Promise.all(
      Array.from({ length: 4 }, () => revoke({ token }, basic('back:end'))),
    )
    assert(answers.every(({ status }) => status === 200))
    seqs.add((await deployment.gatewayCall('/gateway/v1/snapshot')).body.seq)
  }
  assert.equal(seqs.size, 1)
})

test('what is no token that counts here is answered alike, and leaves nothing behind', async () => {
  const before = (await listed()).length
  const tokens = [
    await provider.token({ expiresIn: -600 }),
    await provider.token({ forged: true }),
    await provider.token({ issuer: 'https://elsewhere.example.com' }),
    await provider.token({ audience: 'https://other.example.com' }),
    'opaque-refresh-token',
    'a.b.c',
    'x'.repeat(30_000),
  ]
  for (const token of tokens) {
    assert.equal((await revoke({ token }, basic('back:end'))).status, 200)
  }
  const foreign = await provider.token({ claims: { jti: 'of-corp' } })
  assert.equal((await revoke({ token: foreign }, basic('web-only'))).status, 200)
  assert.equal((await listed()).length, before)
})

test('nobody else may, and whoever guesses is held back', async () => {
  const token = await provider.token({ claims: { jti: 'kept' } })
  const refused = [
    revoke({ token }),
    revoke({ token }, basic('back:end', 'another secret that is long enough')),
    revoke({ token }, basic('nobody')),
    revoke({ token }, basic('constructor')),
    revoke({ token }, 'Bearer abc'),
    revoke({ token }, 'Basic %%%'),
    revoke({ token }, `Basic ${Buffer.from('%:%').toString('base64')}`),
    revoke({ token, client_secret: secret, client_id: 'back:end' }, basic('back:end')),
  ]
  for (const { status, body, headers } of await Promise.all(refused)) {
    assert.equal(status, 401)
    assert.equal(body.error, 'invalid_client')
    assert.match(String(headers['www-authenticate']), /^Basic /)
  }
  const flood = await Promise.all(
    Array.from({ length: 60 }, (_, at) => revoke({ token }, basic('back:end', `guess ${at}`))),
  )
  assert(flood.some(({ status }) => status === 429))
  assert((await listed()).every(({ key }) => key !== sha256(issuedBase(issuer, 'kept'))))
  assert.equal((await revoke({ token }, basic('back:end'))).status, 200, 'the client goes on')
})

test('a request that is none is refused as RFC 6749 says', async () => {
  const none = await revoke({}, basic('back:end'))
  assert.equal(none.status, 400)
  assert.equal(none.body.error, 'invalid_request')
  const huge = await revoke({ token: 'x'.repeat(70_000) }, basic('back:end'))
  assert.equal(huge.status, 413)
})

test('a secret that could be guessed or read by others is refused before start', () => {
  const found = () => {
    try {
      checkAuthority(deployment.config, { directory: deployment.directory, environment: {} })
      return 'none'
    } catch (error) {
      if (!isProblem(error)) throw error
      return `${error.code} ${error.pointer}`
    }
  }
  const file = path.join(deployment.directory, 'backend.secret')
  const pointer = '/authority/sessions/revocationClients/back:end/secretFile'
  assert.equal(found(), 'none')
  chmodSync(file, 0o644)
  assert.equal(found(), `key_file_permissions ${pointer}`)
  chmodSync(file, 0o600)
  writeFileSync(file, 'short')
  assert.equal(found(), `config_invalid ${pointer}`)
})
