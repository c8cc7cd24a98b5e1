import assert from 'node:assert/strict'
import { setImmediate } from 'node:timers/promises'
import { test } from 'node:test'
import { isProblem, type Problem } from '@sallyport/problem'
import { createTokenVerifier, type IdentityProvider } from '../src/index.ts'
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

async function started(answer: KeyAnswer, settings: Partial<IdentityProvider> = {}) {
  const server = await startProvider(answer)
  const clock = { now: start }
  const failures: Problem[] = []
  const verifier = createTokenVerifier({
    providers: { corp: { ...server.provider, maxLifetimeHours: 9_600, ...settings } },

    now: () => clock.now,
    onUnavailable: (_provider, problem) => failures.push(problem),
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
  const life = { iat: start / 1_000 - 1_000, exp: start / 1_000 + 1_000_000 }
  const tokens = { old: await signToken(key, life), next: await signToken(next, life) }
  return { ...server, verifier, clock, failures, isAccepted, key, next, tokens }
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
  for (const gone of [61 * minute, 22 * 60 * minute]) {
    clock.now += gone
    assert.equal(await isAccepted(tokens.old), true)
  }
  assert.equal(failures.length, 2)
  assert.match(failures[0]?.found ?? '', /HTTP status 503/)
})

test('keys that could not be read again for a day are not used any more, until they can', async () => {
  await using provider = await started(away)
  const { clock, isAccepted, key, tokens, answerWith, verifier } = provider
  answerWith(keysAnswer(key))
  const { goodUntil } = await verifier.verify(tokens.old)
  assert.equal(goodUntil, start + 24 * 60 * minute)
  const version = verifier.keysVersion('corp')
  answerWith(away)
  clock.now = goodUntil
  assert.equal(await isAccepted(tokens.old), 'identity_provider_unavailable')
  assert.notEqual(verifier.keysVersion('corp'), version)
  answerWith(keysAnswer(key))
  clock.now += minute
  assert.equal(await isAccepted(tokens.old), true)
})

test('how long old keys are used is configured', async () => {
  await using provider = await started(away, { maxKeyAgeSeconds: 300 })
  const { clock, isAccepted, key, tokens, answerWith } = provider
  answerWith(keysAnswer(key))
  assert.equal(await isAccepted(tokens.old), true)
  answerWith(away)
  clock.now += 4 * minute
  assert.equal(await isAccepted(tokens.old), true)
  clock.now += minute
  assert.equal(await isAccepted(tokens.old), 'identity_provider_unavailable')
})

test('whoever remembers verdicts learns that a key was withdrawn, though no token is verified', async () => {
  await using provider = await started(away)
  const { clock, isAccepted, key, next, tokens, answerWith, requests, verifier } = provider
  answerWith(keysAnswer(key))
  assert.equal(await isAccepted(tokens.old), true)
  const version = verifier.keysVersion('corp')
  assert.equal(verifier.keysVersion('corp'), version)

  answerWith(keysAnswer(key, next))
  clock.now += 10 * minute
  assert.equal(verifier.keysVersion('corp'), version)
  while (requests() < 2) await setImmediate()
  while ((await isAccepted(tokens.next)) !== true) await setImmediate()
  assert.equal(verifier.keysVersion('corp'), version, 'a key more changes no verdict')

  answerWith(keysAnswer(next))
  clock.now += 10 * minute
  while (verifier.keysVersion('corp') === version) await setImmediate()
  assert.equal(await isAccepted(tokens.old), 'token_key_unknown')
})

test('a new configuration never repeats a version', async () => {
  await using one = await started(away)
  await using other = await started(away)
  assert.notEqual(one.verifier.keysVersion('corp'), other.verifier.keysVersion('corp'))
})

test('a provider that changes keys every second is asked twice a minute', async () => {
  await using provider = await started(away)
  const { clock, isAccepted, requests, answerWith } = provider
  const codes: unknown[] = []
  for (let second = 0; second < 60; second++) {
    const key = await testKey(`k${second}`)
    answerWith(keysAnswer(key))
    const life = { iat: start / 1_000, exp: start / 1_000 + 1_000 }
    codes.push(await isAccepted(await signToken(key, life)))
    clock.now += 1_000
  }
  assert.deepEqual(new Set(codes), new Set([true, 'token_key_unknown']))
  assert.equal(requests(), 2)
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

test('while keys hang, tokens of keys that nobody knows wait for one attempt, and others for none', async () => {
  await using provider = await started(away)
  const { clock, isAccepted, key, tokens, requests, answerWith } = provider
  answerWith(keysAnswer(key))
  assert.equal(await isAccepted(tokens.old), true)
  answerWith(() => {})
  clock.now += minute
  const unknown = await testKey('unknown')
  const many = await Promise.all(
    Array.from({ length: 200 }, (_, index) =>
      signToken(unknown, { jti: `${index}`, exp: clock.now }),
    ),
  )
  const begun = performance.now()
  const waiting = Promise.all(many.map((token) => isAccepted(token)))
  for (let count = 0; count < 50; count++) assert.equal(await isAccepted(tokens.old), true)
  // One attempt takes five seconds, two would be ten.
  assert(performance.now() - begun < 4_000)
  assert.deepEqual(new Set(await waiting), new Set(['token_key_unknown']))
  assert(performance.now() - begun < 9_000)
  assert.equal(requests(), 2)
  const again = performance.now()
  assert.equal(await isAccepted(tokens.next), 'token_key_unknown')
  assert(performance.now() - again < 4_000, 'it is left alone for a while')
})
