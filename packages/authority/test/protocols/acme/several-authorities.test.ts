import assert from 'node:assert/strict'
import { test } from 'node:test'
import { acmeCall, bindAccount, newAcmeKey, publicJwk, signJws } from '@sallyport/virtual-device'
import pino from 'pino'
import { startAuthority } from '../../../src/start-authority.ts'
import { passphrase } from '../../fixture/deployment.ts'
import { deployAcme } from './acme-deployment.ts'

test('a nonce of one authority counts at another over the store, once', async () => {
  // Both are reached by one name, as behind a balancer.
  const url = 'https://acme.example.com'
  const one = await deployAcme({ acme: `url: '${url}'` })
  const { listeners } = one.config.authority
  const others = { ...listeners, status: { listen: '127.0.0.1:0' } }
  const starting = startAuthority(
    { ...one.config, authority: { ...one.config.authority, listeners: others } },
    {
      log: pino({ level: 'silent' }),
      directory: one.directory,
      version: '0.0.0-test',
      environment: { SALLYPORT_PASSPHRASE: passphrase },
    },
  )
  const second = await starting.catch(async (error: unknown) => {
    await one.close()
    throw error
  })
  try {
    const origins = [one.authority.addresses.device, second.addresses.device]
    const [here = '', there = ''] = origins
    const call = (origin: string, path: string, body?: object) =>
      acmeCall(`${origin}/acme/wallet/${path}`, {
        ca: one.caPem,
        ...(body === undefined ? { method: 'HEAD' } : { body }),
      })
    const key = newAcmeKey()
    const newAccount = `${url}/acme/wallet/new-account`
    const binding = bindAccount(publicJwk(key), await one.newCredential(), newAccount)
    const first = (await call(there, 'new-nonce')).headers['replay-nonce']
    const naming = { alg: 'ES256', nonce: first, url: newAccount, jwk: publicJwk(key) }
    const made = await call(
      here,
      'new-account',
      signJws(key, naming, { externalAccountBinding: binding }),
    )
    assert.equal(made.status, 201, made.text)
    const kid = made.headers['location']
    const nonce = (await call(here, 'new-nonce')).headers['replay-nonce']
    const header = { alg: 'ES256', nonce, url: `${url}/acme/wallet/new-order`, kid }
    const identifiers = [{ type: 'dns', value: 'plain.example.internal' }]
    const body = signJws(key, header, { identifiers })
    assert.equal((await call(there, 'new-order', body)).status, 201)
    for (const origin of origins) {
      const again = await call(origin, 'new-order', body)
      assert.equal(again.body.type, 'urn:ietf:params:acme:error:badNonce')
    }
  } finally {
    await second.close()
    await one.close()
  }
})
