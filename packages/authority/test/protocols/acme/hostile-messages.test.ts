import assert from 'node:assert/strict'
import { createHmac, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import {
  type AcmeAccount,
  acmeCall,
  type AcmeAnswer,
  newAcmeKey,
  publicJwk,
  signJws,
} from '@sallyport/virtual-device'
import { type AcmeDeployment, deployAcme } from './acme-deployment.ts'

const error = (name: string) => `urn:ietf:params:acme:error:${name}`
const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')

describe('a hostile message', () => {
  let deployment: AcmeDeployment
  let account: AcmeAccount
  let newOrder: string
  before(async () => {
    deployment = await deployAcme()
    account = await deployment.open()
    newOrder = String(account.directory['newOrder'])
  })
  after(() => deployment.close())

  const nonce = async () => {
    const options = { ca: deployment.caPem, method: 'HEAD' }
    const answer = await acmeCall(String(account.directory['newNonce']), options)
    assert.equal(answer.status, 200)
    return String(answer.headers['replay-nonce'])
  }
  const send = (url: string, body: object | string, contentType?: string) =>
    acmeCall(url, {
      ca: deployment.caPem,
      body,
      ...(contentType === undefined ? {} : { contentType }),
    })
  const payload = { identifiers: [{ type: 'dns', value: 'plain.example.internal' }] }
  const header = async (more: object = {}) => ({
    alg: 'ES256',
    nonce: await nonce(),
    url: newOrder,
    kid: account.url,
    ...more,
  })
  const orders = async () => {
    const row = await account.post(`${account.url}/orders`)
    return (row.body.orders as string[]).length
  }
  const expectRefused = (answer: AcmeAnswer, type: string, status = 400) => {
    assert.equal(answer.body?.type, error(type), answer.text)
    assert.equal(answer.status, status, answer.text)
    assert.match(String(answer.headers['content-type']), /^application\/problem\+json/)
  }

  const hostile: readonly {
    readonly name: string
    readonly type: string
    readonly status?: number
    readonly body: () => Promise<object>
  }[] = [
    {
      name: 'without a signature',
      type: 'badSignatureAlgorithm',
      body: async () => ({
        protected: encode(await header({ alg: 'none' })),
        payload: encode(payload),
        signature: '',
      }),
    },
    {
      name: 'with a MAC by the public key',
      type: 'badSignatureAlgorithm',
      body: async () => {
        const signed = `${encode(await header({ alg: 'HS256' }))}.${encode(payload)}`
        const [protectedText, payloadText] = signed.split('.')
        const pem = createPublicKey(account.key).export({ format: 'pem', type: 'spki' })
        const signature = createHmac('sha256', pem).update(signed).digest('base64url')
        return { protected: protectedText, payload: payloadText, signature }
      },
    },
    {
      name: 'signed by another key',
      type: 'malformed',
      body: async () => signJws(newAcmeKey(), await header(), payload),
    },
    {
      name: 'with jwk and kid together',
      type: 'malformed',
      body: async () =>
        signJws(account.key, await header({ jwk: publicJwk(account.key) }), payload),
    },
    {
      name: 'with a jwk where an account is asked for',
      type: 'malformed',
      body: async () => {
        const { kid: _kid, ...rest } = await header()
        return signJws(account.key, { ...rest, jwk: publicJwk(account.key) }, payload)
      },
    },
    {
      name: 'for another address',
      type: 'unauthorized',
      status: 401,
      body: async () =>
        signJws(account.key, await header({ url: account.directory['revokeCert'] }), payload),
    },
    {
      name: 'for the same path of another host',
      type: 'unauthorized',
      status: 401,
      body: async () =>
        signJws(
          account.key,
          await header({ url: newOrder.replace('127.0.0.1', 'other.example') }),
          payload,
        ),
    },
    {
      name: 'with a nonce of nobody',
      type: 'badNonce',
      body: async () =>
        signJws(
          account.key,
          await header({ nonce: Buffer.alloc(32).toString('base64url') }),
          payload,
        ),
    },
    {
      name: 'with the nonce of another app',
      type: 'badNonce',
      body: async () => {
        const at = String(account.directory['newNonce']).replace('/wallet/', '/bank/')
        const answer = await acmeCall(at, { ca: deployment.caPem, method: 'HEAD' })
        const other = String(answer.headers['replay-nonce'])
        return signJws(account.key, await header({ nonce: other }), payload)
      },
    },
    {
      name: 'without a nonce',
      type: 'badNonce',
      body: async () => {
        const { nonce: _nonce, ...rest } = await header()
        return signJws(account.key, rest, payload)
      },
    },
    {
      name: 'with crit',
      type: 'malformed',
      body: async () => signJws(account.key, await header({ crit: ['b64'], b64: false }), payload),
    },
    {
      name: 'with an unprotected header',
      type: 'malformed',
      body: async () => ({
        ...signJws(account.key, await header(), payload),
        header: { kid: account.url },
      }),
    },
    {
      name: 'with several signatures',
      type: 'malformed',
      body: async () => {
        const one = signJws(account.key, await header(), payload)
        return { ...one, signatures: [one] }
      },
    },
    {
      name: 'of an account that is not there',
      type: 'accountDoesNotExist',
      body: async () =>
        signJws(account.key, await header({ kid: `${account.url.slice(0, -2)}aa` }), payload),
    },
    {
      name: 'with a header that is nested deep',
      type: 'malformed',
      body: async () => ({
        protected: Buffer.from('['.repeat(5_000)).toString('base64url'),
        payload: '',
        signature: '',
      }),
    },
    {
      name: 'with base64 that is padded',
      type: 'malformed',
      body: async () => {
        const one = signJws(account.key, await header(), payload) as { signature: string }
        return { ...one, signature: `${one.signature}==` }
      },
    },
  ]

  for (const { name, type, status, body } of hostile) {
    it(`${name} is refused, and leaves nothing behind`, async () => {
      const before = await orders()
      const answer = await send(newOrder, await body())
      expectRefused(answer, type, status)
      assert.match(String(answer.headers['replay-nonce']), /^[\w-]{43}$/)
      if (type === 'badSignatureAlgorithm') assert.ok(answer.body.algorithms.includes('ES256'))
      assert.equal(await orders(), before)
    })
  }

  it('sent twice counts once, however quickly', async () => {
    const body = signJws(account.key, await header(), payload)
    const before = await orders()
    const answers = await Promise.all(Array.from({ length: 10 }, () => send(newOrder, body)))
    const statuses = answers.map(({ status }) => status).sort()
    assert.deepEqual(statuses, [201, ...Array.from({ length: 9 }, () => 400)])
    assert.equal(await orders(), before + 1)
  })

  it('is bounded in size and depth, and of one media type', async () => {
    const huge = await send(newOrder, { protected: 'A'.repeat(70_000), payload: '', signature: '' })
    assert.equal(huge.status, 413)
    const deep = await send(newOrder, '['.repeat(60_000))
    expectRefused(deep, 'malformed')
    const plain = await send(newOrder, signJws(account.key, await header(), payload), 'text/plain')
    assert.equal(plain.status, 415)
  })

  const keys: readonly {
    readonly name: string
    readonly key: () => KeyObject
    readonly alg: string
  }[] = [
    {
      name: 'RSA of 1024 bits',
      key: () => generateKeyPairSync('rsa', { modulusLength: 1_024 }).privateKey,
      alg: 'RS256',
    },
    {
      name: 'another curve',
      key: () => generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).privateKey,
      alg: 'ES256',
    },
    { name: 'a private key', key: () => newAcmeKey(), alg: 'ES256' },
  ]
  for (const { name, key, alg } of keys) {
    it(`makes no account with ${name}`, async () => {
      const url = String(account.directory['newAccount'])
      const own = key()
      const jwk =
        name === 'a private key'
          ? own.export({ format: 'jwk' })
          : createPublicKey(own).export({ format: 'jwk' })
      const message = signJws(newAcmeKey(), { alg, nonce: await nonce(), url, jwk }, {})
      expectRefused(await send(url, message), 'badPublicKey')
    })
  }
})
