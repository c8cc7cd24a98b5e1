import assert from 'node:assert/strict'
import { setImmediate } from 'node:timers/promises'
import { test } from 'node:test'
import { isProblem, type Problem } from '@sallyport/problem'
import { createTokenVerifier } from '../src/index.ts'
import {
  type KeyAnswer,
  keysAnswer,
  now as start,
  signToken,
  startProvider,
  testKey,
} from './identity-provider.ts'

const minute = 60_000
const away: KeyAnswer = (_request, response) => {
  response.statusCode = 503
  response.end()
}

async function started(answer: KeyAnswer) {
  const server = await startProvider(answer)
  const clock = { now: start }
  const failures: Problem[] = []
  const verifier = createTokenVerifier({
    providers: { corp: server.provider },
    fetch,
    now: () => clock.now,
    onKeysUnavailable: (_provider, problem) => failures.push(problem),
  })
  const isAccepted = async (token: string) => {
    try {
      await verifier.verify(token)
      return true
    } catch (error) {
      if (isProblem(error)) return error.code
      throw error
    }
  }
  const [key, next] = [await testKey('k1'), await testKey('k2')]
  /** Long-lived, so that only keys decide. */
  const exp = start / 1_000 + 1_000_000
  const tokens = { old: await signToken(key, { exp }), next: await signToken(next, { exp }) }
  return { ...server, clock, failures, isAccepted, key, next, tokens }
}

test('a key that nobody knows is asked for once, then not again for half a minute', async () => {
  await using provider = await started(away)
  const { clock, isAccepted, key, next, tokens, requests, answerWith } = provider
  answerWith(keysAnswer(key))
  assert.equal(await isAccepted(tokens.old), true)
  assert.equal(await isAccepted(tokens.next), 'token_key_unknown')
  assert.equal(requests(), 1)

  clock.now += minute / 2
  assert.equal(await isAccepted(tokens.next), 'token_key_unknown')
  assert.equal(await isAccepted(tokens.next), 'token_key_unknown')
  assert.equal(requests(), 2)

  answerWith(keysAnswer(key, next))
  clock.now += minute / 2
  assert.equal(await isAccepted(tokens.next), true)
  assert.equal(requests(), 3)
})

test('many tokens at once ask for keys once', async () => {
  await using provider = await started(away)
  const { isAccepted, key, tokens, requests, answerWith } = provider
  answerWith(keysAnswer(key))
  const all = await Promise.all(Array.from({ length: 50 }, () => isAccepted(tokens.old)))
  assert.deepEqual(new Set(all), new Set([true]))
  assert.equal(requests(), 1)
})

test('the last good keys stay when the provider is away, and its failures are told', async () => {
  await using provider = await started(away)
  const { clock, failures, isAccepted, key, tokens, answerWith } = provider
  answerWith(keysAnswer(key))
  assert.equal(await isAccepted(tokens.old), true)
  answerWith(away)
  for (const gone of [61 * minute, 24 * 60 * minute]) {
    clock.now += gone
    assert.equal(await isAccepted(tokens.old), true)
  }
  assert.equal(failures.length, 2)
  assert.match(failures[0]?.found ?? '', /HTTP status 503/)
})

test('without any keys the caller hears that it is not their fault', async () => {
  await using provider = await started(away)
  const { clock, isAccepted, key, tokens, requests, answerWith } = provider
  assert.equal(await isAccepted(tokens.old), 'identity_provider_unavailable')
  assert.equal(await isAccepted(tokens.old), 'identity_provider_unavailable')
  assert.equal(requests(), 1)
  answerWith(keysAnswer(key))
  clock.now += minute
  assert.equal(await isAccepted(tokens.old), true)
})

test('keys older than ten minutes are renewed beside, and nobody waits', async () => {
  await using provider = await started(away)
  const { clock, isAccepted, key, next, tokens, requests, answerWith } = provider
  answerWith(keysAnswer(key))
  assert.equal(await isAccepted(tokens.old), true)
  let release = () => {}
  answerWith((request, response) => {
    release = () => keysAnswer(next)(request, response)
  })
  clock.now += 11 * minute
  assert.equal(await isAccepted(tokens.old), true)
  while (requests() < 2) await setImmediate()
  assert.equal(await isAccepted(tokens.old), true)
  release()
  while ((await isAccepted(tokens.old)) === true) await setImmediate()
  assert.equal(await isAccepted(tokens.next), true)
})

test('a key withdrawn an hour ago is not used once more', async () => {
  await using provider = await started(away)
  const { clock, isAccepted, key, next, tokens, answerWith } = provider
  answerWith(keysAnswer(key))
  assert.equal(await isAccepted(tokens.old), true)
  answerWith(keysAnswer(next))
  clock.now += 60 * minute
  assert.equal(await isAccepted(tokens.old), 'token_key_unknown')
})

test('a clock that is set back does not keep keys for ever', async () => {
  await using provider = await started(away)
  const { clock, isAccepted, key, next, tokens, answerWith } = provider
  answerWith(keysAnswer(key))
  assert.equal(await isAccepted(tokens.old), true)
  answerWith(keysAnswer(key, next))
  // Tokens of the future are not the point here: both were issued at the start.
  clock.now -= minute / 2
  assert.equal(await isAccepted(tokens.next), true)
})
