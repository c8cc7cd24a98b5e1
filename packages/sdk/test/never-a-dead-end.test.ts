import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  type ClientOptions,
  type CollectEvidence,
  EvidenceError,
  isSallyportError,
} from '../src/index.ts'
import { createPhone, evidence } from './phone.ts'
import { dayMs, hourMs } from './scripted-server.ts'

type Phone = ReturnType<typeof createPhone> & { isPlatformAway: boolean }

/** What befalls a phone. The first argument of `network` says which of the next requests are lost, and how. */
const misfortune = fc.oneof(
  fc.record({
    kind: fc.constant('network' as const),
    fates: fc.array(fc.constantFrom('request', 'answer', undefined), { maxLength: 8 }),
  }),
  fc.record({
    kind: fc.constant('crash' as const),
    afterWrites: fc.nat(6),
    isBeforeEffect: fc.boolean(),
  }),
  fc.record({ kind: fc.constant('restart' as const) }),
  fc.record({
    kind: fc.constant('time' as const),
    passesMs: fc.constantFrom(1_000, hourMs, dayMs, 5 * dayMs, 8 * dayMs, 50 * dayMs),
  }),
  fc.record({
    kind: fc.constant('skew' as const),
    skewMs: fc.constantFrom(0, -400 * dayMs, -hourMs, hourMs, 6 * dayMs, 400 * dayMs),
  }),
  fc.record({ kind: fc.constant('platform' as const), isAway: fc.boolean() }),
  fc.record({
    kind: fc.constant('call' as const),
    name: fc.constantFrom('enroll', 'fetch', 'renew', 'renewIfDue'),
    times: fc.integer({ min: 1, max: 3 }),
  }),
)
type Misfortune = typeof misfortune extends fc.Arbitrary<infer T> ? T : never

const calls: Readonly<Record<string, (phone: Phone) => Promise<unknown>>> = {
  enroll: ({ client }) => client.enroll(),
  fetch: ({ client }) => client.fetch('/'),
  renew: ({ client }) => client.renew(),
  renewIfDue: ({ client }) => client.renew({ onlyIfDue: true }),
}

async function befall(phone: Phone, event: Misfortune): Promise<void> {
  switch (event.kind) {
    case 'network': {
      const fates = [...event.fates]
      phone.server.mishap = () => fates.shift()
      return
    }
    case 'crash':
      phone.keyStore.crashAt(event)
      return
    case 'restart':
      phone.restart()
      return
    case 'time':
      phone.server.now += event.passesMs
      return
    case 'skew':
      phone.skewMs = event.skewMs
      return
    case 'platform':
      phone.isPlatformAway = event.isAway
      return
    case 'call': {
      const call = calls[event.name]
      const all = Array.from({ length: event.times }, async () => await call?.(phone))
      for (const outcome of await Promise.allSettled(all)) refuseStrangers(outcome)
    }
  }
}

/** Whatever happens, what a caller gets to see is an error with a code. */
function refuseStrangers(outcome: PromiseSettledResult<unknown>): void {
  if (outcome.status === 'rejected') assert.ok(isSallyportError(outcome.reason), outcome.reason)
}

/** Background renewals come to their end before anything is judged. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 30; turn++) await new Promise((resolve) => setImmediate(resolve))
}

function assertOneLiveKeyEach({ server }: Phone): void {
  for (const certificate of server.certificates.values()) {
    const successors = [...server.certificates.values()].filter(
      ({ predecessor, status }) => predecessor === certificate && status === 'active',
    )
    assert.ok(successors.length <= 1, 'a certificate has two live successors')
  }
  assert.equal(server.forks, 0, 'the phone looked like two')
}

/** Evidence as platforms have it: made anew for every challenge, or once with the key. */
const platforms: Readonly<Record<string, () => CollectEvidence>> = {
  'made anew': () => evidence,
  'bound to the key': () => {
    const made = new Map<string, ReturnType<CollectEvidence>>()
    return (context) => {
      const first = made.get(context.key.id) ?? evidence(context)
      made.set(context.key.id, first)
      return first
    }
  },
}

const kinds: readonly Partial<ClientOptions>[] = [
  { renewalKey: 'new' },
  { renewalKey: 'same' },
  { renewalKey: 'same', evidenceAtRenewal: 'always' },
]

function phoneWith(options: Partial<ClientOptions>, collect: CollectEvidence): Phone {
  const phone: Phone = Object.assign(
    createPhone({
      ...options,
      evidence: async (context) => {
        if (phone.isPlatformAway) throw new EvidenceError('unavailable', 'the service is away')
        return await collect(context)
      },
    }),
    { isPlatformAway: false },
  )
  return phone
}

for (const [platform, collector] of Object.entries(platforms)) {
  for (const options of kinds) {
    const name = `${options.renewalKey} key, evidence ${platform}, ${options.evidenceAtRenewal ?? ''}`
    test(`whatever is lost, crashes or goes wrong with the clock, the phone gets on (${name})`, async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(misfortune, { maxLength: 25 }), async (events) => {
          const phone = phoneWith(options, collector())
          for (const event of events) {
            await befall(phone, event)
            assertOneLiveKeyEach(phone)
          }
          await settle()
          phone.server.mishap = () => undefined
          phone.isPlatformAway = false
          phone.restart()

          const first = await phone.client.fetch('/').catch((error: unknown) => error)
          if (isSallyportError(first)) {
            assert.equal(first.action, 're-enroll', `${first.code} is a dead end`)
            await phone.client.enroll()
          }
          assert.equal((await phone.client.fetch('/')).status, 200)
          await settle()
          assert.equal((await phone.client.fetch('/')).status, 200)
          await phone.client.renew()
          assert.equal((await phone.client.status()).state, 'active')
          assert.equal((await phone.client.status()).hasPendingRequest, false)
          assertOneLiveKeyEach(phone)
          const { keyId } = (await phone.client.certificate()) ?? {}
          assert.deepEqual([...phone.keyStore.keys.keys()], [keyId], 'a key was left behind')
        }),
        { numRuns: 200 },
      )
    })
  }
}
