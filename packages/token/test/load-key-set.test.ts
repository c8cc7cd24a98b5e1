import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isProblem, type Problem } from '@sallyport/problem'
import { createTokenVerifier } from '../src/index.ts'
import {
  type KeyAnswer,
  keysAnswer,
  now,
  signToken,
  startProvider,
  testKey,
} from './identity-provider.ts'

const key = await testKey('k1')
const token = await signToken(key)

/** Why the keys that a provider answers with are not taken. */
async function faultOf(answer: KeyAnswer): Promise<string> {
  await using server = await startProvider(answer)
  const problems: Problem[] = []
  const verifier = createTokenVerifier({
    providers: { corp: server.provider },
    now: () => now,
    onUnavailable: (_provider, problem) => problems.push(problem),
  })
  try {
    await verifier.verify(token)
    return 'none'
  } catch (error) {
    assert.ok(isProblem(error))
    assert.equal(error.code, 'identity_provider_unavailable')
    assert.deepEqual(problems, [error])
    return error.found ?? ''
  }
}

const body =
  (text: string): KeyAnswer =>
  (_request, response) =>
    response.end(text)

test('a set of keys is taken', async () => {
  assert.equal(await faultOf(keysAnswer(key)), 'none')
})

test('a redirect is not followed, even to itself', async () => {
  const fault = await faultOf((_request, response) => {
    response.writeHead(302, { location: '/keys' })
    response.end()
  })
  assert.match(fault, /redirect/)
})

test('a provider whose JWKS is huge: over 256 KiB is not read to its end', {
  timeout: 20_000,
}, async () => {
  const { promise: isCut, resolve } = Promise.withResolvers<boolean>()
  const fault = await faultOf((_request, response) => {
    response.on('close', () => resolve(!response.writableFinished))
    const piece = Buffer.alloc(65_536, 0x20)
    const more = () => {
      while (!response.destroyed && response.write(piece));
    }
    response.on('drain', more)
    more()
  })
  assert.match(fault, /more than 262144 bytes/)
  assert.ok(await isCut)
})

test('a provider whose JWKS is slow, or never ends, is waited for five seconds', async () => {
  const began = performance.now()
  const faults = await Promise.all([
    faultOf(() => {}),
    faultOf((_request, response) => response.write('{"keys":[')),
  ])
  for (const fault of faults) assert.match(fault, /timeout/)
  assert.ok(performance.now() - began < 8_000)
})

test('what is compressed has no bound, and is not taken', async () => {
  const fault = await faultOf((_request, response) => {
    response.writeHead(200, { 'content-encoding': 'gzip' })
    response.end('')
  })
  assert.match(fault, /content-encoding gzip/)
})

test('what is no set of keys is refused', async () => {
  for (const text of ['', 'null', '[]', '{}', '{"keys":7}', '{"keys":[7]}', '<html>', '"keys"']) {
    assert.notEqual(await faultOf(body(text)), 'none', text)
  }
  assert.match(await faultOf(body('{"keys":[]}')), /no key/)
  const twice = JSON.stringify({ keys: [key.jwk] }).replace('{', '{"keys":[],')
  assert.match(await faultOf(body(twice)), /two members of one name/)
  const many = JSON.stringify({ keys: Array.from({ length: 101 }, () => key.jwk) })
  assert.match(await faultOf(body(many)), /more than 100 keys/)
})

test('any other status is a failure', async () => {
  for (const status of [204, 304, 404, 500]) {
    const fault = await faultOf((_request, response) => {
      response.statusCode = status
      response.end()
    })
    assert.match(fault, new RegExp(`${status}`))
  }
})
