import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { publicCode } from '@sallyport/problem'
import { now as start, nowSeconds } from '../identity-provider.ts'
import { active, type Answer, away, saying, startIntrospection } from './introspecting-provider.ts'

test('many requests with one token ask about it once, and it is remembered for cacheSeconds', async () => {
  await using corp = await startIntrospection(saying(active), {}, { cacheSeconds: 20 })
  const all = await Promise.all(Array.from({ length: 50 }, () => corp.verifier.verify('t-1')))
  assert.deepEqual(corp.asked, ['t-1'])
  assert.equal(all[0]?.subject, 'ada')
  assert.equal(all[0]?.goodUntil, start + 20_000)
  corp.clock.now += 19_999
  assert.equal(await corp.code('t-1'), 'accepted')
  assert.equal(corp.asked.length, 1)
  corp.clock.now += 1
  assert.equal(await corp.code('t-1'), 'accepted')
  assert.equal(corp.asked.length, 2)
})

test('what is remembered ends with the token, whatever cacheSeconds says', async () => {
  await using corp = await startIntrospection(
    saying({ ...active, exp: nowSeconds + 5 }),
    {},
    { cacheSeconds: 3_600 },
  )
  assert.equal((await corp.verifier.verify('t-1')).goodUntil, start + 5_000)
  corp.clock.now += 5_000
  assert.equal(await corp.code('t-1'), 'token_expired')
})

test('a token that is not active is remembered, too, for a shorter time', async () => {
  await using corp = await startIntrospection(
    saying({ active: false }),
    {},
    { negativeCacheSeconds: 10 },
  )
  for (let time = 0; time < 5; time++) assert.equal(await corp.code('t-1'), 'token_inactive')
  assert.equal(corp.asked.length, 1)
  assert.equal(publicCode('token_inactive'), 'token_invalid')
  corp.answerWith(saying(active))
  corp.clock.now += 10_000
  assert.equal(await corp.code('t-1'), 'accepted')
})

test('a flood of tokens that were made up pushes out none that are good', async () => {
  await using corp = await startIntrospection(
    (token, response) => saying(token === 'good' ? active : { active: false })(token, response),
    {},
    { cacheEntries: 100 },
  )
  assert.equal(await corp.code('good'), 'accepted')
  for (let at = 0; at < 1_000; at += 50) {
    const flood = Array.from({ length: 50 }, (_, one) => corp.code(`random-${at + one}`))
    assert.deepEqual(new Set(await Promise.all(flood)), new Set(['token_inactive']))
  }
  const asked = corp.asked.length
  assert.equal(await corp.code('good'), 'accepted')
  assert.equal(corp.asked.length, asked)
  // The ones that were made up are bounded: the first of them is forgotten.
  assert.equal(await corp.code('random-0'), 'token_inactive')
  assert.equal(corp.asked.length, asked + 1)
})

test('an answer that is none is a failure of the provider, and no refusal of the token', async () => {
  const answers: readonly [Answer, RegExp][] = [
    [saying({}), /no boolean active/],
    [saying({ active: 'true' }), /no boolean active/],
    [saying([active]), /no object/],
    [away, /HTTP status 503/],
    [saying({ error: 'invalid_client' }, 401), /HTTP status 401/],
    [saying({ error: 'invalid_client' }, 400), /HTTP status 400: invalid_client/],
    [(_token, response) => response.writeHead(302, { location: '/' }).end(), /redirect/],
    [(_token, response) => response.end('{"active":true,"active":true}'), /two members/],
    [(_token, response) => response.end('x'.repeat(16_385)), /more than 16384 bytes/],
    [(_token, response) => response.destroy(), /hang up|ECONNRESET/],
  ]
  for (const [answer, expected] of answers) {
    await using corp = await startIntrospection(answer)
    assert.equal(await corp.code('t-1'), 'identity_provider_unavailable')
    assert.equal(corp.failures.length, 1)
    assert.match(corp.failures[0] ?? '', expected)
    assert.doesNotMatch(corp.failures[0] ?? '', /t-1|s3cret/)
  }
})

test('a provider that hangs costs few requests their time, then it is left alone for a while', async () => {
  await using corp = await startIntrospection(() => {}, {}, { timeoutMs: 100 })
  const began = performance.now()
  const first = Array.from({ length: 5 }, (_, at) => corp.code(`t-${at}`))
  assert.deepEqual(new Set(await Promise.all(first)), new Set(['identity_provider_unavailable']))
  for (let at = 0; at < 100; at++) {
    assert.equal(await corp.code(`u-${at}`), 'identity_provider_unavailable')
  }
  assert.ok(performance.now() - began < 2_000)
  assert.equal(corp.asked.length, 5)

  // After five seconds one request tries, and the others do not wait for it.
  corp.clock.now += 5_000
  const probe = corp.code('probe')
  while (corp.asked.length < 6) await setImmediate()
  assert.equal(await corp.code('other'), 'identity_provider_unavailable')
  assert.equal(await probe, 'identity_provider_unavailable')
  assert.equal(corp.asked.length, 6)

  corp.answerWith(saying(active))
  assert.equal(await corp.code('early'), 'identity_provider_unavailable')
  corp.clock.now += 5_000
  assert.equal(await corp.code('probe'), 'accepted')
  assert.equal(await corp.code('other'), 'accepted')
})

test('so many tokens are asked about at once, and no more wait', async () => {
  await using corp = await startIntrospection(() => {}, {}, { timeoutMs: 300 })
  const codes = await Promise.all(Array.from({ length: 1_000 }, (_, at) => corp.code(`t-${at}`)))
  assert.equal(codes.filter((code) => code !== 'identity_provider_unavailable').length, 0)
  assert.ok(corp.asked.length <= 768, `${corp.asked.length}`)
})

test('while the provider is away an earlier answer counts where the call says so', async () => {
  await using corp = await startIntrospection(saying(active), {}, { cacheSeconds: 10 })
  assert.equal(await corp.code('t-1'), 'accepted')
  corp.answerWith(away)
  corp.clock.now += 30_000
  assert.equal(await corp.code('t-1'), 'identity_provider_unavailable')
  assert.equal(await corp.code('t-1', { whenAway: 'refuse' }), 'identity_provider_unavailable')
  const whenAway = { useCachedSeconds: 60 }
  const verified = await corp.verifier.verify('t-1', { whenAway })
  assert.equal(verified.goodUntil, corp.clock.now, 'it is not to be remembered')
  assert.equal(await corp.code('t-2', { whenAway }), 'identity_provider_unavailable')
  corp.clock.now += 30_000
  assert.equal(await corp.code('t-1', { whenAway }), 'identity_provider_unavailable')
  const longer = { useCachedSeconds: 3_600 }
  assert.equal(await corp.code('t-1', { whenAway: longer }), 'accepted')
  corp.clock.now = start + 300_000
  assert.equal(await corp.code('t-1', { whenAway: longer }), 'token_expired')
})

test('a token that was ended stays so while the provider is away', async () => {
  await using corp = await startIntrospection(saying(active), {}, { cacheSeconds: 0 })
  const whenAway = { useCachedSeconds: 3_600 }
  assert.equal(await corp.code('t-1'), 'accepted')
  corp.answerWith(saying({ active: false }))
  assert.equal(await corp.code('t-1', { whenAway }), 'token_inactive')
  corp.answerWith(away)
  corp.clock.now += 60_000
  assert.equal(await corp.code('t-1', { whenAway }), 'identity_provider_unavailable')
})
