import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type ClientOptions, isSallyportError } from '../src/index.ts'
import { createPhone } from './phone.ts'
import { dayMs, hourMs } from './scripted-server.ts'

type Phone = ReturnType<typeof createPhone>

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

for (const renewalKey of ['new', 'same'] as const satisfies ClientOptions['renewalKey'][]) {
  test(`whatever is lost, crashes or goes wrong with the clock, the phone gets on (${renewalKey} key)`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(misfortune, { maxLength: 25 }), async (events) => {
        const phone = createPhone({ renewalKey })
        for (const event of events) {
          await befall(phone, event)
          assertOneLiveKeyEach(phone)
        }
        await settle()
        phone.server.mishap = () => undefined
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
      { numRuns: 400 },
    )
  })
}
