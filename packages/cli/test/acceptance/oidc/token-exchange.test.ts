import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import https from 'node:https'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { VirtualDevice } from '@sallyport/virtual-device'
import { decodeJwt } from 'jose'
import { type Development, endLeftOver, sallyport } from '../../sallyport.ts'
import { type Place, placeOf } from '../connection.ts'
import { enrollPhone, hostLike, identityOf, startEdited } from '../edited-development.ts'
import { send, signIn } from './app.ts'
import {
  account,
  audience,
  clients,
  issuer,
  type ProviderBehindGateway,
  startProviderBehindGateway,
} from './provider-behind-gateway.ts'

const exchangedIssuer = 'https://enroll.test'
const workers = 2

let provider: ProviderBehindGateway
let dev: Development
before(async () => {
  provider = await startProviderBehindGateway('spiffe://dev.sallyport.test/app/demo', {
    fetch: (url, { body }) => postToAuthority(url, String(body)),
  })
  dev = await startEdited((config) => {
    const { gateway, authority } = config
    const jwksUrl = `https://${authority.listeners.device.listen}/device/v1/jwks`
    Object.assign(config, {
      identityProviders: {
        main: { issuer, audience, jwksUrl: `${provider.url}/jwks` },
        devices: {
          issuer: exchangedIssuer,
          audience,
          jwksUrl,
          caFile: 'ca.crt',
          privateAddresses: true,
        },
      },
    })
    Object.assign(authority, {
      tokenExchange: { main: { issuer: exchangedIssuer, audience } },
      sessions: { logout: { main: { clientIds: [clients.plainApp] } } },
    })
    gateway.workers = workers
    gateway.upstreams['provider'] = { targets: [provider.url] }
    gateway.hosts['id.test'] = {
      ...hostLike(config, 'optional', 'provider'),
      routes: [{ match: { path: '/*' }, upstream: 'provider' }],
    }
    const host = hostLike(config, 'explain')
    const token = { providers: ['devices'], binding: 'certificate' }
    const routes = host.routes.map((route) => ({ ...route, stages: { token } }))
    gateway.hosts['api.test'] = { ...host, routes }
  })
})
after(async () => {
  await dev?.end()
  await provider?.end()
  endLeftOver()
})

/** What the provider's own client would do where it may call this machine. */
function postToAuthority(url: string, body: string): Promise<Response> {
  const { pathname } = new URL(url)
  return new Promise((resolve, reject) => {
    const sent = https.request(new URL(pathname, dev.facts.authority), {
      method: 'POST',
      ca: readFileSync(dev.facts.caFile),
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      agent: false,
    })
    sent.on('error', reject)
    sent.on('response', (response) => {
      response.resume()
      response.on('end', () => resolve(new Response(null, { status: response.statusCode ?? 500 })))
    })
    sent.end(body)
  })
}

const at = (host: string): Place => placeOf(dev.facts, host)

const newPhone = () => enrollPhone(dev)
const call = (token: string, phone: VirtualDevice) =>
  send(at('api.test'), dev.facts.samplePath, {
    identity: identityOf(phone),
    headers: { authorization: `Bearer ${token}` },
  })
const signedIn = async (phone: VirtualDevice) => {
  const identity = identityOf(phone)
  return (await signIn(at('id.test'), { clientId: clients.plainApp, identity })).access_token
}

test('a token that the provider binds to nothing is bound at first use, and is worth nothing elsewhere', async () => {
  const [phone, other] = [await newPhone(), await newPhone()]
  const plain = await signedIn(phone)
  assert.equal(decodeJwt(plain)['cnf'], undefined)
  assert.equal((await call(plain, phone)).status, 401, 'as it is, it is not taken')

  const { accessToken, expiresAt } = await phone.exchangeToken(plain)
  const answer = await call(accessToken, phone)
  assert.equal(answer.status, 200, answer.text)
  assert.equal(decodeJwt(accessToken).sub, account)
  assert(expiresAt <= (decodeJwt(plain).exp ?? 0) * 1_000)

  assert.equal((await call(accessToken, other)).status, 401)
  await assert.rejects(other.exchangeToken(plain), {
    code: 'token_session_elsewhere',
    action: 'refresh-token',
  })
  const again = await phone.exchangeToken(plain)
  assert.equal((await call(again.accessToken, phone)).status, 200)
})

test('a renewal goes on with the token that it was bound before, and with a new one', async () => {
  const phone = await newPhone()
  const plain = await signedIn(phone)
  const { accessToken } = await phone.exchangeToken(plain)
  await phone.renew()
  const answer = await call(accessToken, phone)
  assert.equal(answer.status, 200, answer.text)
  const next = await phone.exchangeToken(plain)
  assert.notDeepEqual(decodeJwt(next.accessToken)['cnf'], decodeJwt(accessToken)['cnf'])
  assert.equal((await call(next.accessToken, phone)).status, 200)
})

test('signed out at the provider: what was exchanged ends, and nothing of the session is exchanged any more', async () => {
  const [phone, other] = [await newPhone(), await newPhone()]
  const plain = await signedIn(phone)
  const elsewhere = await other.exchangeToken(await signedIn(other))
  const { accessToken } = await phone.exchangeToken(plain)
  assert.equal((await call(accessToken, phone)).status, 200)
  const { sid } = decodeJwt(plain)
  assert(typeof sid === 'string')

  await provider.logOut(account, sid)
  await eventually(async () => (await call(accessToken, phone)).status === 401)
  const refused = await call(accessToken, phone)
  assert.equal(refused.json()['code'], 'token_ended')
  assert.equal(refused.json()['action'], 'refresh-token')
  await assert.rejects(phone.exchangeToken(plain), { code: 'token_ended' })
  assert.equal((await call(elsewhere.accessToken, other)).status, 200, 'another sign-in goes on')
  const config = ['--config', dev.facts.configFile]
  const listed = await sallyport([
    'sessions',
    'list',
    '--session',
    sid,
    '--provider',
    'main',
    ...config,
  ])
  assert.match(listed.stdout, /session .*provider:main/)

  const { accessToken: anew } = await phone.exchangeToken(await signedIn(phone))
  assert.equal((await call(anew, phone)).status, 200, 'signed in again')
})

async function eventually(condition: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 60_000
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error('it did not come to pass')
    await sleep(20)
  }
}
