import assert from 'node:assert/strict'
import { randomBytes, randomUUID } from 'node:crypto'
import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type TestContext, test } from 'node:test'
import * as openid from 'openid-client'
import { Agent, fetch as fetchWith } from 'undici'
import { type Answer, ask, askHttp2, askOnce, connect, connectHttp2 } from './support/client.ts'
import { type Bed, route, startBed } from './support/gateway.ts'
import {
  newProofKey,
  type ProofKey,
  startTestProvider,
  type TestProvider,
} from './support/identity-provider.ts'

async function bedWith(
  context: TestContext,
  provider: TestProvider,
  token: Record<string, unknown>,
  gateway: Record<string, unknown> = {},
): Promise<Bed> {
  return startBed(context, {
    hosts: {
      'api.example.com': { clientCertificate: 'optional', routes: [route({ stages: { token } })] },
    },
    identityProviders: { main: provider.settings },
    gateway,
  })
}

const under = (scheme: string, token: string, ...proofs: string[]) => ({
  headers: [`Authorization: ${scheme} ${token}`, ...proofs.map((proof) => `DPoP: ${proof}`)],
})
const told = (answer: Answer) => (answer.status === 200 ? 'passed' : answer.json()['code'])

/** Asks once for a nonce, and then with it. */
async function askWithNonce(bed: Bed, key: ProofKey, token: string): Promise<Answer> {
  const first = await askOnce(bed, undefined, '/', under('DPoP', token, await key.proof(token)))
  const nonce = first.headers['dpop-nonce']
  return askOnce(bed, undefined, '/', under('DPoP', token, await key.proof(token, { nonce })))
}

test('DPoP, by default', async (t) => {
  const provider = await startTestProvider(t)
  const bed = await bedWith(t, provider, {})
  const key = await newProofKey()
  const token = await provider.token({ cnf: { jkt: key.jkt } })

  await t.test('a proof without a nonce is asked for one, and passes with it', async () => {
    const proof = await key.proof(token)
    const answer = await askOnce(bed, undefined, '/', under('DPoP', token, proof))
    assert.equal(answer.status, 401)
    assert.equal(told(answer), 'dpop_nonce_required')
    assert.match(
      String(answer.headers['www-authenticate']),
      /^DPoP realm="api\.example\.com", error="use_dpop_nonce", error_description="[^"]+", algs="ES256 ES384 PS256 EdDSA Ed25519"$/,
    )
    const nonce = answer.headers['dpop-nonce']
    assert.match(String(nonce), /^[A-Za-z0-9_-]{27}$/)
    const again = await askOnce(
      bed,
      undefined,
      '/?a=1',
      under('dPoP', token, await key.proof(token, { nonce })),
    )
    assert.equal(again.status, 200)
    assert.equal(again.headers['dpop-nonce'], undefined)
  })

  await t.test('a phone whose clock is a day behind passes with a nonce', async () => {
    const first = await askOnce(bed, undefined, '/', under('DPoP', token, await key.craft(token)))
    const late = await key.craft(token, {
      nonce: first.headers['dpop-nonce'],
      iat: Math.floor(Date.now() / 1_000) - 86_400,
    })
    assert.equal((await askOnce(bed, undefined, '/', under('DPoP', token, late))).status, 200)
  })

  await t.test('a proof counts once', async () => {
    const first = await askOnce(bed, undefined, '/', under('DPoP', token, await key.proof(token)))
    const proof = await key.proof(token, { nonce: first.headers['dpop-nonce'] })
    assert.equal(told(await askOnce(bed, undefined, '/', under('DPoP', token, proof))), 'passed')
    const answer = await askOnce(bed, undefined, '/', under('DPoP', token, proof))
    assert.equal(told(answer), 'dpop_proof_invalid')
    assert.match(String(answer.headers['www-authenticate']), /error="invalid_dpop_proof"/)
  })

  await t.test('a proof that was refused for something else was not used up', async () => {
    const other = await provider.token({ cnf: { jkt: key.jkt }, sub: 'bob' })
    const first = await askOnce(bed, undefined, '/', under('DPoP', token, await key.proof(token)))
    const proof = await key.proof(token, { nonce: first.headers['dpop-nonce'] })
    // With another token, and by another method: neither is its own request.
    assert.equal(
      told(await askOnce(bed, undefined, '/', under('DPoP', other, proof))),
      'dpop_proof_invalid',
    )
    const post = { ...under('DPoP', token, proof), method: 'DELETE' }
    assert.equal(told(await askOnce(bed, undefined, '/', post)), 'dpop_proof_invalid')
    assert.equal(told(await askOnce(bed, undefined, '/', under('DPoP', token, proof))), 'passed')
  })

  await t.test('a bound token under Bearer is refused, with a proof or without', async () => {
    for (const options of [
      under('Bearer', token),
      under('Bearer', token, await key.proof(token)),
    ]) {
      const answer = await askOnce(bed, undefined, '/', options)
      assert.deepEqual([answer.status, told(answer)], [401, 'dpop_proof_required'])
    }
  })

  await t.test('an unbound token under DPoP is refused', async () => {
    const plain = await provider.token()
    const answer = await askOnce(bed, undefined, '/', under('DPoP', plain, await key.proof(plain)))
    assert.deepEqual([answer.status, told(answer)], [401, 'token_binding_required'])
  })

  await t.test('no proof, and two of them, are refused', async () => {
    const proof = await key.proof(token)
    assert.equal(
      told(await askOnce(bed, undefined, '/', under('DPoP', token))),
      'dpop_proof_required',
    )
    const two = await askOnce(bed, undefined, '/', under('DPoP', token, proof, proof))
    assert.equal(told(two), 'dpop_proof_invalid')
  })

  await t.test('the proof of a thief with another key is refused', async () => {
    const thief = await newProofKey()
    assert.equal(told(await askWithNonce(bed, thief, token)), 'dpop_proof_invalid')
  })

  await t.test('a proof for another address is refused', async () => {
    const first = await askOnce(bed, undefined, '/', under('DPoP', token, await key.proof(token)))
    const nonce = first.headers['dpop-nonce']
    for (const url of ['https://evil.example/', 'https://api.example.com/other']) {
      const proof = await key.proof(token, { nonce, url })
      assert.equal(
        told(await askOnce(bed, undefined, '/', under('DPoP', token, proof))),
        'dpop_proof_invalid',
      )
    }
  })

  await t.test('over HTTP/2 the proof is for the same address, and two are refused', async () => {
    const session = await connectHttp2(bed)
    const authorization = `DPoP ${token}`
    const proof = await key.proof(token)
    const first = await askHttp2(session, { ':path': '/?x=1', authorization, dpop: proof })
    assert.equal(first.status, 401)
    const nonce = String(first.headers['dpop-nonce'])
    const next = await key.proof(token, { nonce })
    const both = [next, await key.proof(token, { nonce })] as unknown as string
    assert.equal((await askHttp2(session, { ':path': '/', authorization, dpop: both })).status, 401)
    assert.equal((await askHttp2(session, { ':path': '/', authorization, dpop: next })).status, 200)
    session.close()
  })

  await t.test('openid-client gets through by itself, nonce and all', async () => {
    const device = await bed.world.device()
    const dispatcher = new Agent({
      connect: {
        ...device,
        ca: bed.world.serviceCa,
        lookup: (_name, _options, callback) =>
          callback(null, [{ address: '127.0.0.1', family: 4 }]),
      },
    })
    const config = new openid.Configuration({ issuer: provider.issuer }, 'app')
    config[openid.customFetch] = (url, options) =>
      fetchWith(url, { ...options, dispatcher } as never)
    const keyPair = await openid.randomDPoPKeyPair('ES256')
    const handle = openid.getDPoPHandle(config, keyPair)
    const jkt = await handle.calculateThumbprint()
    const own = await provider.token({ cnf: { jkt, 'x5t#S256': device.thumbprint } })
    const url = new URL(`https://API.example.com:${bed.port}/v1/%61ccounts?limit=10`)
    for (let times = 0; times < 3; times++) {
      const response = await openid.fetchProtectedResource(
        config,
        own,
        url,
        'GET',
        null,
        undefined,
        {
          DPoP: handle,
        },
      )
      assert.equal(response.status, 200)
      await response.body?.cancel()
    }
    await dispatcher.close()
  })
})

test('both bindings of a token must hold', async (t) => {
  const provider = await startTestProvider(t)
  const bed = await bedWith(t, provider, { binding: 'both', dpop: { nonce: 'off' } })
  const [device, other] = [await bed.world.device(), await bed.world.device()]
  const key = await newProofKey()
  const thief = await newProofKey()
  const token = await provider.token({ cnf: { jkt: key.jkt, 'x5t#S256': device.thumbprint } })
  const ask = async (identity: typeof device | undefined, of: ProofKey, bound = token) =>
    told(await askOnce(bed, identity, '/', under('DPoP', bound, await of.proof(bound))))
  assert.equal(await ask(device, key), 'passed')
  assert.equal(await ask(device, thief), 'dpop_proof_invalid')
  assert.equal(await ask(other, key), 'token_binding_failed')
  assert.equal(await ask(undefined, key), 'token_certificate_missing')
  assert.equal(
    await ask(device, key, await provider.token({ cnf: { jkt: key.jkt } })),
    'token_binding_required',
  )
})

test('without nonces the clock is judged, and its offset told', async (t) => {
  const provider = await startTestProvider(t)
  const bed = await bedWith(t, provider, { dpop: { nonce: 'off' } })
  const key = await newProofKey()
  const token = await provider.token({ cnf: { jkt: key.jkt } })
  const now = Math.floor(Date.now() / 1_000)
  const late = await key.craft(token, { iat: now - 3_600 })
  const answer = await askOnce(bed, undefined, '/', under('DPoP', token, late))
  const body = answer.json<{
    code: string
    action: string
    clockOffsetMs: number
    serverTime: string
  }>()
  assert.equal(body.code, 'dpop_proof_time_wrong')
  assert.equal(body.action, 'sync-clock')
  assert(Math.abs(body.clockOffsetMs + 3_600_000) < 5_000)
  assert(Math.abs(Date.parse(body.serverTime) - Date.now()) < 5_000)
  assert.equal(answer.headers['dpop-nonce'], undefined)
  const good = await key.proof(token)
  assert.equal((await askOnce(bed, undefined, '/', under('DPoP', token, good))).status, 200)
})

test('with optional nonces a client with a right clock needs none, and is given one', async (t) => {
  const provider = await startTestProvider(t)
  const bed = await bedWith(t, provider, { dpop: { nonce: 'optional' } })
  const key = await newProofKey()
  const token = await provider.token({ cnf: { jkt: key.jkt } })
  const answer = await askOnce(bed, undefined, '/', under('DPoP', token, await key.proof(token)))
  assert.equal(answer.status, 200)
  const nonce = answer.headers['dpop-nonce']
  const late = await key.craft(token, { iat: 1 })
  assert.equal(
    told(await askOnce(bed, undefined, '/', under('DPoP', token, late))),
    'dpop_nonce_required',
  )
  const mended = await key.craft(token, { iat: 1, nonce })
  assert.equal(told(await askOnce(bed, undefined, '/', under('DPoP', token, mended))), 'passed')
})

test('in mode validate a proof is left for the service to use up', async (t) => {
  const provider = await startTestProvider(t)
  const bed = await bedWith(t, provider, { dpop: { nonce: 'off', mode: 'validate' } })
  const key = await newProofKey()
  const token = await provider.token({ cnf: { jkt: key.jkt } })
  const proof = await key.proof(token)
  for (const _ of [1, 2]) {
    const answer = await askOnce(bed, undefined, '/', under('DPoP', token, proof))
    assert.equal(answer.status, 200)
    assert.equal(answer.json<{ headers: Record<string, string> }>().headers['dpop'], proof)
  }
})

test('behind something that ends TLS the proof is for the origin that clients know', async (t) => {
  const provider = await startTestProvider(t)
  const publicOrigin = 'https://public.example.com'
  const bed = await bedWith(t, provider, { dpop: { nonce: 'off', publicOrigin } })
  const key = await newProofKey()
  const token = await provider.token({ cnf: { jkt: key.jkt } })
  const proof = async (url: string) => under('DPoP', token, await key.proof(token, { url }))
  const status = async (url: string) =>
    (await askOnce(bed, undefined, '/x', await proof(url))).status
  assert.equal(await status(`${publicOrigin}/x`), 200)
  assert.equal(await status('https://api.example.com/x'), 401)
})

test('of many copies of one proof at once one counts, over two workers', async (t) => {
  const provider = await startTestProvider(t)
  const bed = await bedWith(t, provider, { dpop: { nonce: 'off' } }, { workers: 2 })
  const key = await newProofKey()
  const token = await provider.token({ cnf: { jkt: key.jkt } })
  const sockets = await Promise.all(Array.from({ length: 16 }, () => connect(bed)))
  for (let times = 0; times < 20; times++) {
    const options = under('DPoP', token, await key.craft(token, { jti: randomUUID() }))
    const answers = await Promise.all(sockets.map((socket) => ask(socket, '/', options)))
    assert.equal(answers.filter(({ status }) => status === 200).length, 1)
  }
  for (const socket of sockets) socket.destroy()
})

test('a nonce of one worker counts at the other', async (t) => {
  const provider = await startTestProvider(t)
  const bed = await bedWith(t, provider, {}, { workers: 2 })
  const key = await newProofKey()
  const token = await provider.token({ cnf: { jkt: key.jkt } })
  for (let times = 0; times < 12; times++) {
    assert.equal(told(await askWithNonce(bed, key, token)), 'passed')
  }
})

test('gateways that share a ticket secret know each other’s nonces, others do not', async (t) => {
  const provider = await startTestProvider(t)
  const key = await newProofKey()
  const token = await provider.token({ cnf: { jkt: key.jkt } })
  const shared = randomBytes(32)
  const gatewayWith = async (secret: Uint8Array): Promise<Bed> => {
    const directory = await mkdtemp(path.join(tmpdir(), 'sallyport-nonces-'))
    await writeFile(path.join(directory, 'tickets'), secret)
    const routes = [route({ stages: { token: {} } })]
    return startBed(t, {
      directory,
      hosts: { 'api.example.com': { clientCertificate: 'optional', routes } },
      identityProviders: { main: provider.settings },
      gateway: { ticketSecretFile: 'tickets' },
    })
  }
  const [one, two, stranger] = [
    await gatewayWith(shared),
    await gatewayWith(shared),
    await gatewayWith(randomBytes(32)),
  ]
  const first = await askOnce(one, undefined, '/', under('DPoP', token, await key.proof(token)))
  const nonce = first.headers['dpop-nonce']
  const withNonce = async () => under('DPoP', token, await key.proof(token, { nonce }))
  assert.equal(told(await askOnce(two, undefined, '/', await withNonce())), 'passed')
  assert.equal(
    told(await askOnce(stranger, undefined, '/', await withNonce())),
    'dpop_nonce_required',
  )
})
