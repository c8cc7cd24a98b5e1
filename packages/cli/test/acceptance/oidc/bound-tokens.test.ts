import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { generateKeyPair, generateProof } from 'dpop'
import { certificatesFromPem } from '@sallyport/pki'
import { configuredClient } from '../../../src/admin/configured-client.ts'
import { type Development, endLeftOver, newFolder, sallyport } from '../../sallyport.ts'
import { type Place, placeOf } from '../connection.ts'
import {
  enrollPhone,
  hostLike,
  type Identity,
  identityOf,
  startEdited,
} from '../edited-development.ts'
import { type AppAnswer, send, signIn, type Tokens, tokenRequest } from './app.ts'
import {
  audience,
  clients,
  issuer,
  type ProviderBehindGateway,
  startProviderBehindGateway,
} from './provider-behind-gateway.ts'

let provider: ProviderBehindGateway
let dev: Development
before(async () => {
  provider = await startProviderBehindGateway('spiffe://dev.sallyport.test/app/demo')
  const secretFile = path.join(newFolder(), 'client-secret')
  writeFileSync(secretFile, provider.gatewaySecret, { mode: 0o600 })
  dev = await startEdited((config) => {
    Object.assign(config, {
      identityProviders: {
        main: {
          issuer,
          audience,
          jwksUrl: `${provider.url}/jwks`,
          introspection: {
            url: `${provider.url}/token/introspection`,
            clientId: clients.gateway,
            clientSecretFile: secretFile,
            cacheSeconds: 1,
          },
        },
      },
    })
    const { gateway } = config
    gateway.workers = workers
    gateway.upstreams['provider'] = { targets: [provider.url] }
    gateway.hosts['id.test'] = {
      ...hostLike(config, 'optional', 'provider'),
      routes: [
        { match: { path: '/token' }, upstream: 'provider', stages: { device: { required: true } } },
        { match: { path: '/*' }, upstream: 'provider' },
      ],
    } as never
    for (const [name, token] of Object.entries({ ...apis, ...dpopApi })) {
      const host = hostLike(config, 'explain')
      gateway.hosts[name] = {
        ...host,
        routes: host.routes.map((route) => ({ ...route, stages: { token } })),
      }
    }
  })
})
after(async () => {
  await dev?.end()
  await provider?.end()
  endLeftOver()
})

const workers = 2
const apis = {
  'api.test': { binding: 'certificate', certificateBinding: 'lineage' },
  'strict.test': { binding: 'certificate', certificateBinding: 'strict' },
}
const dpopApi = {
  'dpop.test': { binding: 'dpop' },
}

const at = (host: string): Place => placeOf(dev.facts, host)

const newPhone = () => enrollPhone(dev)

const signedIn = (identity: Identity, clientId: string = clients.app) =>
  signIn(at('id.test'), { clientId, identity })

const call = (host: string, { access_token }: Tokens, identity: Identity, scheme = 'Bearer') =>
  send(at(host), dev.facts.samplePath, {
    identity,
    headers: { authorization: `${scheme} ${access_token}` },
  })

const codeOf = ({ status, json }: AppAnswer) => [status, json()['code'], json()['action']]
/** What the caller is told, and what the operator: the reason itself. */
const reasonOf = async (answer: AppAnswer): Promise<unknown> => {
  const { requestId } = answer.json<{ requestId: string }>()
  const { stdout } = await sallyport([
    'explain',
    requestId,
    '--json',
    '--config',
    dev.facts.configFile,
  ])
  return /"code":"(token_[a-z_]+|dpop_[a-z_]+)"/.exec(stdout)?.[1]
}

test('from sign-in to an answer of the service: code with PKCE, a certificate-bound token, and the device that got it', async () => {
  const phone = identityOf(await newPhone())
  const tokens = await signedIn(phone)
  for (const host of Object.keys(apis)) {
    const answer = await call(host, tokens, phone)
    assert.equal(answer.status, 200, answer.text)
  }
  assert.equal((await send(at('api.test'), dev.facts.samplePath, { identity: phone })).status, 401)
})

test('a renewal logs nobody out under lineage, and does under strict, until the token is refreshed', async () => {
  const phone = await newPhone()
  const before = identityOf(phone)
  const tokens = await signedIn(before)
  await phone.renew()
  const after = identityOf(phone)
  assert.notEqual(before.cert, after.cert)
  const lineage = await call('api.test', tokens, after)
  assert.equal(lineage.status, 200, lineage.text)
  const strict = await call('strict.test', tokens, after)
  assert.deepEqual(codeOf(strict), [401, 'token_binding_outdated', 'refresh-token'])

  const grant = { grant_type: 'refresh_token', refresh_token: tokens.refresh_token }
  const order = { clientId: clients.app, identity: after }
  const refreshed = await tokenRequest(at('id.test'), order, grant)
  for (const host of Object.keys(apis)) {
    assert.equal((await call(host, refreshed, after)).status, 200)
  }
  // The certificate that was renewed gains nothing by the token of its successor.
  const old = await call('api.test', refreshed, before)
  assert.equal(old.status, 401, old.text)
})

test('another device of the same app gains nothing by a token, and its user no refresh', async () => {
  const tokens = await signedIn(identityOf(await newPhone()))
  const other = identityOf(await newPhone())
  for (const host of Object.keys(apis)) {
    const answer = await call(host, tokens, other)
    assert.deepEqual(codeOf(answer), [401, 'token_binding_failed', 'refresh-token'])
    assert.equal(await reasonOf(answer), 'token_bound_elsewhere')
  }
})

test('a token that is bound to a predecessor ends when that certificate is revoked', async () => {
  const phone = await newPhone()
  const before = identityOf(phone)
  const tokens = await signedIn(before)
  await phone.renew()
  const after = identityOf(phone)
  assert.equal((await call('api.test', tokens, after)).status, 200)
  const [leaf] = certificatesFromPem(before.cert)
  const client = configuredClient({ arguments: [], options: { config: dev.facts.configFile } })
  const revoked = { path: { id: leaf?.thumbprint ?? '' }, body: { reason: 'lost' } }
  await client.call('revokeCertificate', revoked)
  let answer = await call('api.test', tokens, after)
  for (let tries = 0; tries < 400 && answer.status === 200; tries++) {
    await sleep(50)
    answer = await call('api.test', tokens, after)
  }
  assert.deepEqual(codeOf(answer), [401, 'token_binding_failed', 'refresh-token'])
  assert.equal(await reasonOf(answer), 'token_predecessor_revoked')
  const plain = await call('api.test', await signedIn(after), after)
  assert.equal(plain.status, 200, plain.text)
})

test('a public client: the provider itself binds the refresh token to a certificate, and refuses it after a renewal', async () => {
  const phone = await newPhone()
  const tokens = await signedIn(identityOf(phone), clients.publicApp)
  await phone.renew()
  const after = identityOf(phone)
  const form = {
    client_id: clients.publicApp,
    grant_type: 'refresh_token',
    refresh_token: tokens.refresh_token,
  }
  const refused = await send(at('id.test'), '/token', { form, identity: after })
  assert.deepEqual([refused.status, refused.json()['error']], [400, 'invalid_grant'])
  // What is left is the access token, under lineage; under strict the user signs in again.
  assert.equal((await call('api.test', tokens, after)).status, 200)
  assert.deepEqual(codeOf(await call('strict.test', tokens, after)), [
    401,
    'token_binding_outdated',
    'refresh-token',
  ])
  const anew = await signedIn(after, clients.publicApp)
  assert.equal((await call('strict.test', anew, after)).status, 200)
})

test('the token endpoint is for devices: without a certificate there is no token', async () => {
  const form = { client_id: clients.publicApp, grant_type: 'refresh_token', refresh_token: 'x' }
  const answer = await send(at('id.test'), '/token', { form })
  assert.deepEqual(codeOf(answer), [401, 'device_certificate_required', 're-enroll'])
})

test('an opaque token is asked about, with what it is bound to, and ends when the provider revoked it', async () => {
  const phone = identityOf(await newPhone())
  const tokens = await signedIn(phone, clients.opaqueApp)
  assert(!tokens.access_token.includes('.'))
  const before = provider.introspections()
  for (let request = 0; request < 10; request++) {
    const answer = await call('api.test', tokens, phone)
    assert.equal(answer.status, 200, answer.text)
  }
  // Each worker thread asks once, however many connections there are.
  assert(provider.introspections() - before <= workers)
  const other = identityOf(await newPhone())
  assert.equal((await call('api.test', tokens, other)).status, 401)

  const form = { client_id: clients.opaqueApp, token: tokens.access_token }
  const revoked = await send(at('id.test'), '/token/revocation', { form, identity: phone })
  assert.equal(revoked.status, 200, revoked.text)
  let answer = await call('api.test', tokens, phone)
  for (let tries = 0; tries < 100 && answer.status === 200; tries++) {
    await sleep(100)
    answer = await call('api.test', tokens, phone)
  }
  assert.deepEqual(codeOf(answer), [401, 'token_invalid', 'refresh-token'])
})

test('a DPoP-bound token takes its proof, from a library that knows nothing of this gateway', async () => {
  const phone = identityOf(await newPhone())
  const keys = await generateKeyPair('ES256')
  const proof = (method: string, url: string, nonce?: string, token?: string) =>
    generateProof(keys, url, method, nonce, token)
  const tokens = await signIn(at('id.test'), {
    clientId: clients.dpopApp,
    identity: phone,
    proof: () => proof('POST', `${issuer}/token`),
  })
  assert.equal(tokens.token_type, 'DPoP')
  const url = `https://dpop.test${dev.facts.samplePath}`
  const ask = async (nonce: string | undefined, scheme = 'DPoP') =>
    send(at('dpop.test'), dev.facts.samplePath, {
      identity: phone,
      headers: {
        authorization: `${scheme} ${tokens.access_token}`,
        dpop: await proof('GET', url, nonce, tokens.access_token),
      },
    })
  const first = await ask(undefined)
  assert.deepEqual(codeOf(first).slice(0, 2), [401, 'dpop_nonce_required'])
  const nonce = String(first.headers['dpop-nonce'])
  const second = await ask(nonce)
  assert.equal(second.status, 200, second.text)
  const asBearer = await ask(nonce, 'Bearer')
  assert.equal(asBearer.status, 401, asBearer.text)
  const none = await call('dpop.test', tokens, phone, 'DPoP')
  assert.equal(none.status, 401, none.text)
})
