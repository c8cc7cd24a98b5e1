import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { describe, test } from 'node:test'
import { SignJWT } from 'jose'
import { createVerifier, type VerifierOptions } from '../src/index.ts'
import { type Answer, follow } from './follow-authority.ts'
import { type AuthoritySigner, createAuthoritySigner, documentOf } from './support-authority.ts'
import { createSigner, issuer, serve } from './support.ts'

const other = 'spiffe://example.com/gateway/gateway-2'
const now = () => Math.floor(Date.now() / 1_000)

// They wait for fetches by the clock, most of the time.
describe('a service that follows the authority', { concurrency: true }, () => {
  test('a gateway that the authority revoked is refused after the next fetch, and others go on', async (t) => {
    const [authority, first, second] = await Promise.all([
      createAuthoritySigner(),
      createSigner('one'),
      createSigner('two'),
    ])
    const service = await follow(t, authority)
    const both = { [issuer]: [first.jwk], [other]: [second.jwk] }
    service.says(await documentOf(authority, both, { seq: 4 }))
    service.start()
    assert.equal(await service.ask(first), 'served')
    assert.equal(await service.ask(second, { iss: other }), 'served')
    // One gateway's key does not vouch in the name of another.
    assert.equal(await service.ask(first, { iss: other }), 'assertion_invalid')

    service.says(await documentOf(authority, { [other]: [second.jwk] }, { seq: 5 }))
    const before = service.fetches()
    await service.until(() => service.fetches() > before)
    while ((await service.ask(first)) === 'served') await new Promise((done) => setImmediate(done))
    assert.equal(await service.ask(first), 'assertion_invalid')
    assert.equal(await service.ask(second, { iss: other }), 'served')

    // What was signed before, said again, brings nobody back: not by its number, and not by its time.
    for (const older of [{ seq: 4 }, { seq: 4, iat: now() + 30 }, { seq: 5, iat: now() - 60 }]) {
      const failed = service.failures.length
      service.says(await documentOf(authority, both, older))
      await service.until(() => service.failures.length > failed)
      assert.match(service.failures.at(-1) ?? '', /older/)
      assert.equal(await service.ask(first), 'assertion_invalid')
    }
  })

  test('while the authority is away its last word counts until it expires, and nothing after it', async (t) => {
    const [authority, signer] = await Promise.all([createAuthoritySigner(), createSigner()])
    let ahead = 0
    const service = await follow(t, authority, { now: () => Date.now() + ahead })
    service.says(await documentOf(authority, { [issuer]: [signer.jwk] }))
    service.start()
    assert.equal(await service.ask(signer), 'served')
    service.answers((_request, response) => response.destroy())
    ahead = 890_000
    assert.equal(await service.ask(signer), 'served')
    ahead = 901_000
    assert.equal(await service.ask(signer), 'keys_expired')
    // What it said when it went away does not count longer by being said again.
    service.says(await documentOf(authority, { [issuer]: [signer.jwk] }))
    await service.until(() => service.failures.some((failure) => failure.includes('exp')))
    assert.equal(await service.ask(signer), 'keys_expired')
    service.says(await documentOf(authority, { [issuer]: [signer.jwk] }, { iat: now() + 901 }))
    const before = service.fetches()
    await service.until(() => service.fetches() > before)
    while ((await service.ask(signer)) !== 'served') await new Promise((done) => setImmediate(done))
  })

  test('a service that never heard the authority refuses as unavailable, and asks for the same no twice', async (t) => {
    const [authority, signer] = await Promise.all([createAuthoritySigner(), createSigner()])
    const service = await follow(t, authority)
    service.start()
    assert.equal(await service.ask(signer), 'keys_unavailable')
    const jws = await documentOf(authority, { [issuer]: [signer.jwk] })
    const asked: (string | undefined)[] = []
    service.answers((request, response) => {
      asked.push(request.headers['if-none-match'])
      if (request.headers['if-none-match'] === '"one"') response.writeHead(304).end()
      else response.writeHead(200, { etag: '"one"' }).end(jws)
    })
    await service.until(() => asked.length > 1)
    assert.deepEqual(asked.slice(0, 2), [undefined, '"one"'])
    assert.equal(await service.ask(signer), 'served')
    assert.equal(await service.ask(await createSigner('made up')), 'assertion_invalid')
  })

  test('what the authority did not sign so, now and whole, is never believed', async (t) => {
    const [authority, stranger, signer] = await Promise.all([
      createAuthoritySigner(),
      createAuthoritySigner(),
      createSigner(),
    ])
    const keys = { [issuer]: [signer.jwk] }
    const good = await documentOf(authority, keys)
    const [header = '', payload = '', signature = ''] = good.split('.')
    const base64url = (text: string) => Buffer.from(text).toString('base64url')
    const hs256 = new SignJWT({ type: 'assertion-keys' })
      .setProtectedHeader({ alg: 'HS256', typ: 'sallyport-feed+jws', kid: authority.jwk.kid ?? '' })
      .sign(Buffer.from(JSON.stringify(authority.jwk)))
    const says = (claims: Record<string, unknown>) => documentOf(authority, keys, claims)
    const hostile: Record<string, string> = {
      'alg none': `${base64url('{"alg":"none","typ":"sallyport-feed+jws"}')}.${payload}.`,
      'HS256 by the public key': await hs256,
      'another key of the same name': await documentOf(stranger, keys),
      'another key in its own header': await documentOf(stranger, keys, {}, { jwk: stranger.jwk }),
      'another typ': await documentOf(authority, keys, {}, { typ: 'at+jwt' }),
      'another message of the feed': await says({ type: 'keys' }),
      'a cut signature': `${header}.${payload}.${signature.slice(1)}`,
      'another payload': `${header}.${base64url('{}')}.${signature}`,
      'of yesterday': await says({ iat: now() - 86_400 }),
      'of tomorrow': await says({ iat: now() + 86_400 }),
      'for a year': await says({ exp: now() + 365 * 86_400 }),
      'without an end': await says({ exp: undefined }),
      'without a number': await says({ seq: 'many' }),
      'without a feed': await says({ epoch: undefined }),
      'no list of keys': await says({ keys: { [issuer]: signer.jwk } }),
      'a key of nobody': await says({ keys: [signer.jwk] }),
      'a gateway of elsewhere': await says({
        keys: [{ ...signer.jwk, iss: 'spiffe://b/gateway/a' }],
      }),
      'a secret as a key': await says({ keys: [{ kty: 'oct', k: 'AAAA', iss: issuer }] }),
      'a signer less': await says({ authorityKeys: [] }),
      'keys by the ten thousand': await says({ keys: Array.from({ length: 10_000 }, () => null) }),
      nothing: '',
      'no JWS': '<html>',
      'its bytes twice': good + good,
      'five megabytes': `${good}${'A'.repeat(5_000_000)}`,
    }
    for (const [what, jws] of Object.entries(hostile)) {
      await t.test(what, async (t) => {
        const service = await follow(t, authority)
        service.says(jws)
        service.start()
        assert.equal(await service.ask(signer), 'keys_unavailable')
        assert.equal(service.failures.length, 1)
      })
    }
    await t.test('what is elsewhere, or never ends', async (t) => {
      const elsewhere = await serve(t, (_request, response) => response.end(good))
      const answers: Answer[] = [
        (_request, response) => response.writeHead(302, { location: elsewhere }).end(),
        (_request, response) => response.writeHead(500).end(good),
        (_request, response) => void response.writeHead(200).write(good.slice(0, 40)),
      ]
      for (const answer of answers) {
        const service = await follow(t, authority)
        service.answers(answer)
        service.start()
        const began = performance.now()
        assert.equal(await service.ask(signer), 'keys_unavailable')
        assert(performance.now() - began < 8_000)
      }
    })
  })

  test('the authority names the keys that follow the pinned one, and a person may pin another', async (t) => {
    const [old, next, replaced, signer] = await Promise.all([
      createAuthoritySigner('old'),
      createAuthoritySigner('next'),
      createAuthoritySigner('replaced'),
      createSigner(),
    ])
    const directory = mkdtempSync(path.join(tmpdir(), 'sallyport-verify-'))
    t.after(() => rmSync(directory, { recursive: true }))
    const file = path.join(directory, 'feed-keys.json')
    writeFileSync(file, JSON.stringify({ keys: [old.jwk] }))
    const service = await follow(t, old, { keys: file })
    const keys = { [issuer]: [signer.jwk] }
    const heard = async (by: AuthoritySigner, authorityKeys: unknown[], seq: number) => {
      service.says(await documentOf(by, keys, { authorityKeys, seq }))
      const [before, failed] = [service.fetches(), service.failures.length]
      await service.until(() => service.fetches() > before + 1)
      return service.failures.length === failed
    }
    service.says(await documentOf(old, keys, { authorityKeys: [old.jwk, next.jwk], seq: 1 }))
    service.start()
    assert.equal(await service.ask(signer), 'served')
    assert.equal(await heard(next, [next.jwk], 2), true)
    // The pinned one is followed, and does not count beside those that follow it.
    assert.equal(await heard(old, [old.jwk], 3), false)
    assert.equal(await heard(replaced, [replaced.jwk], 4), false)
    writeFileSync(file, JSON.stringify({ keys: [replaced.jwk] }))
    await heard(replaced, [replaced.jwk], 5)
    assert.equal(await heard(replaced, [replaced.jwk], 6), true)
    assert.equal(await service.ask(signer), 'served')
  })

  test('options that make no sense are no verifier', () => {
    const keysUrl = 'http://127.0.0.1:1/gateways/assertion-keys'
    const wrong: unknown[] = [
      { keysUrl },
      { keysUrl, keys: { keys: [] } },
      { keysUrl: 'ftp://a', keys: 'feed-keys.json' },
      { keysUrl, keys: 'feed-keys.json', refreshSeconds: 0 },
      { keysUrl, keys: 'feed-keys.json', issuers: [undefined] },
      { keysUrl, keys: 'feed-keys.json', outageSeconds: 299 },
      { keysUrl, keys: 'feed-keys.json', outageSeconds: 86_401 },
      { keysUrl, keys: 'feed-keys.json', cacheFile: '' },
      { keysUrl, keys: 'feed-keys.json', cacheFile: './feed-keys.json' },
    ]
    for (const authority of wrong) {
      const options = { audience: 'a', authority } as VerifierOptions
      assert.throws(() => createVerifier(options), TypeError, JSON.stringify(authority))
    }
    const gateways = [{ issuer, jwksFile: 'a.json' }]
    const authority = { keysUrl, keys: 'feed-keys.json' }
    assert.throws(() => createVerifier({ audience: 'a', gateways, authority }), /either/)
  })
})
