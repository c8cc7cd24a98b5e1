import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isProblem } from '@sallyport/problem'
import { loadKeySet } from '../src/load-key-set.ts'
import { providerRules } from '../src/provider-rules.ts'
import { type KeyAnswer, keysAnswer, issuer, startProvider, testKey } from './identity-provider.ts'

/** Why the keys that a provider answers with are not taken. */
async function faultOf(answer: KeyAnswer, timeoutMs = 5_000): Promise<string> {
  await using server = await startProvider(answer)
  const rules = providerRules({ corp: server.provider }).get(issuer)
  assert.ok(rules !== undefined)
  const readFile = () => Promise.reject(new Error('no file is read'))
  try {
    await loadKeySet(rules, { readFile, fetch, timeoutMs })
    return 'none'
  } catch (error) {
    assert.ok(isProblem(error))
    assert.equal(error.code, 'identity_provider_unavailable')
    return error.found ?? ''
  }
}

const body =
  (text: string): KeyAnswer =>
  (_request, response) =>
    response.end(text)

test('a set of keys is taken', async () => {
  assert.equal(await faultOf(keysAnswer(await testKey('k1'))), 'none')
})

test('a redirect is not followed, even to itself', async () => {
  const fault = await faultOf((_request, response) => {
    response.writeHead(302, { location: '/keys' })
    response.end()
  })
  assert.match(fault, /redirect/)
})

test('an answer of over 256 KiB is not read to its end', { timeout: 20_000 }, async () => {
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

test('a provider that does not answer, or not to its end, is not waited for', async () => {
  const faults = await Promise.all([
    faultOf(() => {}, 100),
    faultOf((_request, response) => response.write('{"keys":['), 100),
  ])
  for (const fault of faults) assert.match(fault, /timeout|abort/i)
})

test('what is no set of keys is refused', async () => {
  for (const text of ['', 'null', '[]', '{}', '{"keys":7}', '{"keys":[7]}', '<html>', '"keys"']) {
    assert.notEqual(await faultOf(body(text)), 'none', text)
  }
  assert.match(await faultOf(body('{"keys":[]}')), /no key/)
  const { jwk } = await testKey('k1')
  const many = JSON.stringify({ keys: Array.from({ length: 101 }, () => jwk) })
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
