import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type TestContext, test } from 'node:test'
import fc from 'fast-check'
import { generateKeyPair, SignJWT, UnsecuredJWT } from 'jose'
import { createVerifier, Refusal, type RefusalCode, type VerifierOptions } from '../src/index.ts'
import { createSigner, issuer, type Signer } from './support.ts'

type Head = { method?: string; target?: string; assertion?: string | undefined }

async function setUp(t: TestContext, options: Partial<VerifierOptions> = {}) {
  const directory = await mkdtemp(path.join(tmpdir(), 'sallyport-verify-'))
  t.after(() => rm(directory, { recursive: true, force: true }))
  const jwksFile = path.join(directory, 'jwks.json')
  const signer = await createSigner()
  const publish = (...signers: Signer[]) =>
    writeFile(jwksFile, JSON.stringify({ keys: signers.map(({ jwk }) => jwk) }))
  await publish(signer)
  const verifier = createVerifier({
    audience: 'accounts',
    gateways: [{ issuer, jwksFile }],
    ...options,
  })
  const verify = ({ method = 'GET', target = '/', assertion }: Head) =>
    verifier.verify({ method, target, assertion })
  const refusedAs = async (code: RefusalCode, head: Head) => {
    await assert.rejects(verify(head), (error) => {
      assert(error instanceof Refusal)
      assert.equal(error.code, code, error.message)
      return true
    })
  }
  return { signer, verify, refusedAs, publish }
}

test('an assertion says who calls', async (t) => {
  const { signer, verify } = await setUp(t)
  const target = '/v1/accounts/1?x=%20&y'
  const assertion = await signer.assertion({ method: 'POST', target, claims: { jti: 'req_7' } })
  assert.deepEqual(await verify({ method: 'POST', target, assertion }), {
    gateway: issuer,
    requestId: 'req_7',
    device: {
      id: 'dev_1',
      app: 'wallet',
      assurance: 'tee',
      platform: undefined,
      appVersion: undefined,
      isDevelopment: false,
    },
    user: { provider: 'main', subject: 'alice', scopes: ['accounts'] },
  })
})

test('what was made for another request, another service or another time is refused', async (t) => {
  const { signer, refusedAs } = await setUp(t)
  const made = (options: Parameters<Signer['assertion']>[0]) => signer.assertion(options)
  await refusedAs('assertion_missing', {})
  await refusedAs('assertion_missing', { assertion: '' })
  await refusedAs('assertion_mismatch', { method: 'DELETE', assertion: await made({}) })
  await refusedAs('assertion_mismatch', { target: '/?', assertion: await made({}) })
  await refusedAs('assertion_mismatch', { target: '/%61', assertion: await made({ target: '/a' }) })
  await refusedAs('assertion_mismatch', { assertion: await made({ claims: { aud: 'billing' } }) })
  await refusedAs('assertion_mismatch', { assertion: await made({ claims: { pth: 'short' } }) })
  await refusedAs('assertion_expired', { assertion: await made({ issued: -40 }) })
  const forDays = { exp: Math.floor(Date.now() / 1_000) + 86_400 }
  await refusedAs('assertion_expired', { assertion: await made({ issued: -70, claims: forDays }) })
  await refusedAs('assertion_invalid', { assertion: await made({ issued: 60 }) })
})

test('what a gateway did not sign is refused', async (t) => {
  const { signer, refusedAs } = await setUp(t)
  const good = await signer.assertion()
  const [header = '', payload = '', signature = ''] = good.split('.')
  const stranger = await createSigner()
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, unknown>
  const { privateKey } = await generateKeyPair('ES384')
  const secret = Buffer.from(JSON.stringify(signer.jwk))
  const invalid: Record<string, string> = {
    'a stranger’s signature under the same kid': await stranger.assertion(),
    'an embedded key': await stranger.assertion({ header: { jwk: stranger.jwk, kid: undefined } }),
    'alg none': new UnsecuredJWT(claims).encode(),
    'alg none with a signature': `${Buffer.from('{"alg":"none"}').toString('base64url')}.${payload}.${signature}`,
    'another algorithm': await new SignJWT(claims)
      .setProtectedHeader({ alg: 'ES384', typ: 'sallyport-assertion+jwt', kid: 'one' })
      .sign(privateKey),
    'the public key as a secret': await new SignJWT(claims)
      .setProtectedHeader({ alg: 'HS256', typ: 'sallyport-assertion+jwt', kid: 'one' })
      .sign(secret),
    'another kind of JWT': await signer.assertion({ header: { typ: 'at+jwt' } }),
    'an unlisted issuer': await signer.assertion({ claims: { iss: `${issuer}0` } }),
    'an issuer from the prototype': await signer.assertion({ claims: { iss: 'constructor' } }),
    'no id': await signer.assertion({ claims: { jti: undefined } }),
    'no expiry': await signer.assertion({ claims: { exp: undefined } }),
    'a device that is a text': await signer.assertion({ claims: { device: 'dev_1' } }),
    'a device without id': await signer.assertion({ claims: { device: { assurance: 'tee' } } }),
    'scopes in a text': await signer.assertion({
      claims: { user: { provider: 'main', subject: 'a', scopes: 'accounts' } },
    }),
    'two of them': `${good}, ${good}`,
    'one bit of the payload': `${header}.${payload.replace(/.$/, (c) => (c === 'A' ? 'B' : 'A'))}.${signature}`,
    'a megabyte': `${header}.${'A'.repeat(1_000_000)}.${signature}`,
  }
  for (const [what, assertion] of Object.entries(invalid)) {
    await t.test(what, () => refusedAs('assertion_invalid', { assertion }))
  }
})

test('no text breaks the verifier', async (t) => {
  const { signer, verify } = await setUp(t)
  const good = await signer.assertion()
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 300 }),
    fc
      .tuple(fc.nat(good.length - 1), fc.string({ minLength: 1, maxLength: 1 }))
      .map(([at, piece]) => good.slice(0, at) + piece + good.slice(at + 1)),
    fc.object().map((claims) => {
      const payload = Buffer.from(JSON.stringify({ ...claims, iss: issuer })).toString('base64url')
      return good.replace(/\..*\./, `.${payload}.`)
    }),
  )
  await fc.assert(
    fc.asyncProperty(text, async (assertion) => {
      if (assertion === good) return
      await assert.rejects(verify({ assertion }), Refusal)
    }),
    { numRuns: 300 },
  )
})

test('an assertion counts once, unless the service allows more', async (t) => {
  const once = await setUp(t)
  const assertion = await once.signer.assertion()
  await once.verify({ assertion })
  await once.refusedAs('assertion_replayed', { assertion })
  const often = await setUp(t, { replay: 'allow' })
  const again = await often.signer.assertion()
  await often.verify({ assertion: again })
  await often.verify({ assertion: again })
})

test('a full memory refuses, and forgets only what has expired', async (t) => {
  let ahead = 0
  const { signer, verify, refusedAs } = await setUp(t, {
    maxRemembered: 2,
    now: () => Date.now() + ahead,
  })
  await verify({ assertion: await signer.assertion() })
  await verify({ assertion: await signer.assertion() })
  await refusedAs('replay_memory_full', { assertion: await signer.assertion() })
  ahead = 40_000
  await verify({ assertion: await signer.assertion({ issued: 40 }) })
})

test('a key that is not in the file yet is found when the file has it', async (t) => {
  let ahead = 0
  const { signer, verify, refusedAs, publish } = await setUp(t, { now: () => Date.now() + ahead })
  await verify({ assertion: await signer.assertion() })
  const next = await createSigner('two')
  await publish(signer, next)
  // Kids are a stranger's to make up: the file is not read for each of them.
  await refusedAs('assertion_invalid', { assertion: await next.assertion() })
  ahead = 6_000
  await verify({ assertion: await next.assertion({ issued: 6 }) })
})

test('options that make no sense are told at once', () => {
  const jwksUrl = 'http://127.0.0.1:1/'
  assert.throws(() => createVerifier({ audience: 'a', gateways: [] }), TypeError)
  const gateway = { issuer, jwksUrl }
  assert.throws(() => createVerifier({ audience: '', gateways: [gateway] }), TypeError)
  assert.throws(() => createVerifier({ audience: 'a', gateways: [gateway, gateway] }), TypeError)
})
