import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { Problem } from '@sallyport/problem'
import { KnownToken } from '../src/tokens/known-token.ts'
import { hashOf, Tokens } from '../src/tokens/tokens.ts'
import { startTestProvider, type TestProvider } from './support/identity-provider.ts'

const all = { id: 'all' }

/** The tokens of a worker, and a clock that can be set forward. */
function tokensOf(provider: TestProvider) {
  let ahead = 0
  const unavailable: Problem[] = []
  const now = () => Date.now() + ahead
  const tokens = new Tokens(
    { main: provider.settings as never },
    { now, onUnavailable: (_name, problem) => unavailable.push(problem) },
  )
  return {
    tokens,
    now,
    unavailable,
    forward: (ms: number) => {
      ahead += ms
    },
    verify: async (token: string) => tokens.verify(token, hashOf(token), all),
    find: (token: string) => tokens.find(hashOf(token), now()),
  }
}

async function begin(t: TestContext) {
  const provider = await startTestProvider(t)
  return { provider, ...tokensOf(provider) }
}

test('a token is verified once, however many bring it at once', async (t) => {
  const { provider, tokens, verify, find } = await begin(t)
  const token = await provider.token()
  assert.equal(find(token), undefined)
  const verified = await Promise.all(Array.from({ length: 50 }, () => verify(token)))
  assert.equal(new Set(verified).size, 1)
  assert(verified[0] instanceof KnownToken)
  assert.equal(find(token), verified[0])
  assert.deepEqual(tokens.counts, { found: 0, verified: 1, failed: 0 })
})

test('a token is remembered until it expires', async (t) => {
  const { provider, verify, find, forward } = await begin(t)
  const token = await provider.token({ exp: Math.floor(Date.now() / 1_000) + 60 })
  await verify(token)
  assert(find(token))
  forward(61_000)
  assert.equal(find(token), undefined)
  assert.equal(codeOf(await verify(token)), 'token_expired')
})

test('when the provider withdraws a key, what was verified with it is forgotten', async (t) => {
  const { provider, verify, find, forward } = await begin(t)
  const token = await provider.token({ exp: Math.floor(Date.now() / 1_000) + 7_200 })
  await verify(token)
  await provider.rotate()
  forward(11 * 60_000)
  // Noticing that the keys are old has newer ones loaded beside.
  find(token)
  const deadline = performance.now() + 20_000
  while (find(token) !== undefined && performance.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  assert.equal(find(token), undefined)
  assert.equal(codeOf(await verify(token)), 'token_key_unknown')
  const next = await provider.token({ exp: Math.floor(Date.now() / 1_000) + 7_200 })
  assert((await verify(next)) instanceof KnownToken)
})

test('tokens go on being good while the provider is away', async (t) => {
  const { provider, verify, find, forward, unavailable } = await begin(t)
  const token = await provider.token({ exp: Math.floor(Date.now() / 1_000) + 7_200 })
  const another = await provider.token({ exp: Math.floor(Date.now() / 1_000) + 7_200 })
  await verify(token)
  await provider.stop()
  forward(11 * 60_000)
  assert(find(token))
  assert((await verify(another)) instanceof KnownToken)
  const deadline = performance.now() + 20_000
  while (unavailable.length === 0 && performance.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  assert(find(token))
  assert.equal(unavailable[0]?.code, 'identity_provider_unavailable')
})

test('a flood of bad tokens costs one verification for each in five seconds, and pushes nobody out', async (t) => {
  const { provider, tokens, verify, find, forward } = await begin(t)
  const good = await provider.token()
  await verify(good)
  const bad = `${(await provider.token()).slice(0, -8)}AAAAAAAA`
  for (let times = 0; times < 100; times++) {
    assert.equal(codeOf(await verify(bad)), 'token_signature_invalid')
  }
  assert.equal(tokens.counts.failed, 1)
  forward(6_000)
  await verify(bad)
  assert.equal(tokens.counts.failed, 2)
  for (let index = 0; index < 20_000; index++) await verify(`e30.e30.${index}`)
  assert.equal(tokens.remembered, 1)
  assert(find(good))
})

test('more verifications at once than a worker can bear are turned away', async (t) => {
  const { provider, tokens } = await begin(t)
  const token = await provider.token()
  const asked = Array.from({ length: 600 }, (_, index) =>
    tokens.verify(`${token.slice(0, -4)}${String(index).padStart(4, '0')}`, String(index), all),
  )
  const busy = asked.filter((one) => !(one instanceof Promise))
  assert.equal(busy.length, 600 - 512)
  assert.equal(codeOf(busy[0] as never), 'token_verifier_busy')
  await Promise.all(asked.map(async (one) => one))
  assert((await tokens.verify(token, hashOf(token), all)) instanceof KnownToken)
})

test('a failure for one question is no failure for another', async (t) => {
  const provider = await startTestProvider(t)
  const other = await startTestProvider(t, 'https://other.example.com')
  const tokens = new Tokens(
    { main: provider.settings as never, other: other.settings as never },
    { now: Date.now },
  )
  const token = await other.token()
  const mainOnly = { id: 'main', providers: ['main'] }
  assert.equal(codeOf(await tokens.verify(token, hashOf(token), mainOnly)), 'token_issuer_unknown')
  assert((await tokens.verify(token, hashOf(token), all)) instanceof KnownToken)
})

test('the least used of many tokens is forgotten first', async (t) => {
  const { provider, tokens, verify, find } = await begin(t)
  const first = await provider.token()
  const second = await provider.token()
  await verify(first)
  await verify(second)
  const sample = find(second)
  assert(sample)
  const { TokenMemory } = await import('../src/tokens/token-memory.ts')
  const memory = new TokenMemory()
  for (let index = 0; index < 10_000; index++) {
    memory.keep(Object.assign(Object.create(KnownToken.prototype), sample, { hash: String(index) }))
    memory.find('0')
  }
  assert.equal(memory.size, 8_192)
  assert(memory.find('0'))
  assert.equal(memory.find('1'), undefined)
  assert.equal(tokens.remembered, 2)
})

function codeOf(verdict: unknown): string | undefined {
  return verdict instanceof KnownToken ? 'ok' : (verdict as { code?: string }).code
}
