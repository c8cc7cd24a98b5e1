import assert from 'node:assert/strict'
import type { ServerResponse } from 'node:http'
import { test } from 'node:test'
import { createVerifier, Refusal } from '../src/index.ts'
import { createSigner, issuer, serve } from './support.ts'

type Answer = (response: ServerResponse) => void

test('keys are fetched once for many, and go on when the gateway is away', async (t) => {
  const signer = await createSigner()
  let fetches = 0
  let isAway = false
  const jwksUrl = await serve(t, (_request, response) => {
    fetches++
    if (isAway) response.destroy()
    else response.end(JSON.stringify({ keys: [signer.jwk] }))
  })
  let ahead = 0
  const verifier = createVerifier({
    audience: 'accounts',
    gateways: [{ issuer, jwksUrl }],
    now: () => Date.now() + ahead,
  })
  const verify = async () => {
    const assertion = await signer.assertion({ issued: ahead / 1_000 })
    return verifier.verify({ method: 'GET', target: '/', assertion })
  }
  await Promise.all(Array.from({ length: 20 }, verify))
  assert.equal(fetches, 1)
  isAway = true
  ahead = 400_000
  await Promise.all(Array.from({ length: 20 }, verify))
  ahead = 800_000
  await verify()
  assert(fetches >= 2)
})

test('a key set that is slow, huge, elsewhere or none is refused as unavailable', async (t) => {
  const signer = await createSigner()
  const answers: Record<string, Answer> = {
    'an error': (response) => response.writeHead(500).end('{}'),
    'a redirect': (response) => response.writeHead(302, { location: '/other' }).end(),
    'no JSON': (response) => response.end('<html>'),
    'no list': (response) => response.end('{"keys":{}}'),
    'ten megabytes': (response) => response.end(`{"keys":[],"x":"${'x'.repeat(10_000_000)}"}`),
    'cut off': (response) => {
      response.writeHead(200, { 'content-length': '1000' })
      response.write('{"keys":')
      setTimeout(() => response.destroy(), 20)
    },
    'never an end': (response) => response.writeHead(200).write('{'),
  }
  for (const [what, answer] of Object.entries(answers)) {
    await t.test(what, async (t) => {
      const jwksUrl = await serve(t, (_request, response) => answer(response))
      const verifier = createVerifier({ audience: 'accounts', gateways: [{ issuer, jwksUrl }] })
      const started = performance.now()
      const refused = async () => {
        const assertion = await signer.assertion()
        const verifying = verifier.verify({ method: 'GET', target: '/', assertion })
        await assert.rejects(verifying, (error) => {
          assert(error instanceof Refusal)
          assert.equal(error.code, 'keys_unavailable')
          assert.equal(error.status, 503)
          return true
        })
      }
      await refused()
      // Not asked again for each request that comes meanwhile.
      await refused()
      assert(performance.now() - started < 6_000)
    })
  }
})
