import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { isSallyportError, type KeyStore } from '@sallyport/sdk'
import { devicePaths } from '@sallyport/wire'
import fc from 'fast-check'
import { droppingTransport, type Mishap, skewedClock, type VirtualPhone } from '../src/index.ts'
import { type AuthorityDeployment, dayMs, deployAuthority } from './authority-deployment.ts'
import { cleanUps } from './clean-ups.ts'

let authority: AuthorityDeployment
const whenOver = cleanUps()
before(async () => {
  authority = await deployAuthority(whenOver)
})
after(() => whenOver.run())

const misfortune = fc.oneof(
  fc.record({ lose: fc.array(fc.constantFrom<Mishap>('request', 'answer', undefined)) }),
  fc.record({ crashAfterWrites: fc.nat(5) }),
  fc.record({ passDays: fc.constantFrom(1, 5, 8, 45) }),
  fc.record({ skewDays: fc.constantFrom(-400, 0, 400) }),
  fc.record({ call: fc.constantFrom('enroll', 'fetch', 'renew') }),
  fc.record({ call: fc.constantFrom('enroll', 'fetch', 'renew') }),
)
type Misfortune = typeof misfortune extends fc.Arbitrary<infer T> ? Partial<T> : never

/** A computer brings development evidence, as an app of its own; phones bring that of their platform. */
const makes = { computer: undefined, android: 'android', ios: 'ios' } as const
type Make = keyof typeof makes

function phoneOf(make: Make): { appId: string; phone: VirtualPhone } | object {
  const platform = makes[make]
  if (platform === undefined) return {}
  const root = authority.attestationRoot
  const platformNow = () => Date.now() + authority.clock.offsetMs
  return { appId: 'phones', phone: { platform, root, platformNow } }
}

/** A phone on a real disk before a real authority, whose process can end at any write. */
function createPhone(make: Make, renewalKey: 'new' | 'same') {
  const directory = join(authority.scratch(), 'device')
  const clock = skewedClock(0)
  let fates: Mishap[] = []
  let writesLeft = Number.POSITIVE_INFINITY
  const write = async <T>(work: () => Promise<T>): Promise<T> => {
    if (writesLeft-- <= 0) throw new Error('the process has ended')
    return await work()
  }
  const crashing = (store: KeyStore): KeyStore => ({
    ...store,
    create: (id, options) => write(() => store.create(id, options)),
    delete: (id) => write(() => store.delete(id)),
    saveRecord: (record) => write(() => store.saveRecord(record)),
  })
  const start = () => {
    writesLeft = Number.POSITIVE_INFINITY
    return authority.device({
      ...phoneOf(make),
      directory,
      renewalKey,
      now: () => clock.now() + authority.clock.offsetMs,
      sleep: async () => {},
      wrapKeyStore: crashing,
      wrapTransport: (transport) => droppingTransport(transport, () => fates.shift()),
    })
  }
  const phone = {
    directory,
    device: start(),
    restart: () => {
      phone.device = start()
    },
    befall: async (event: Misfortune): Promise<void> => {
      if ('lose' in event) fates = [...(event.lose ?? [])]
      if ('passDays' in event) authority.clock.offsetMs += (event.passDays ?? 0) * dayMs
      if ('skewDays' in event) clock.offsetMs = (event.skewDays ?? 0) * dayMs
      if ('crashAfterWrites' in event) writesLeft = event.crashAfterWrites ?? 0
      if (!('call' in event)) return
      const { device } = phone
      const call =
        event.call === 'fetch' ? device.fetch(devicePaths.me) : device[event.call as 'enroll']()
      await call.catch((error: unknown) => assert.ok(isSallyportError(error), String(error)))
      if (writesLeft <= 0) phone.restart()
    },
    calm: () => {
      fates = []
      phone.restart()
    },
  }
  return phone
}

const kinds = (Object.keys(makes) as Make[]).flatMap((make) => [
  [make, 'new'] as const,
  [make, 'same'] as const,
])
for (const [make, renewalKey] of kinds) {
  test(`before the real authority too, no misfortune is a dead end or looks like a clone (${make}, ${renewalKey} key)`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(misfortune, { maxLength: 20 }), async (events) => {
        authority.clock.offsetMs = 0
        const phone = createPhone(make, renewalKey)
        for (const event of events) await phone.befall(event)
        phone.calm()
        const first = await phone.device.fetch(devicePaths.me).catch((error: unknown) => error)
        if (isSallyportError(first)) {
          assert.equal(first.action, 're-enroll', `${first.code} is a dead end`)
          await phone.device.enroll()
        }
        await phone.device.renew()
        const response = await phone.device.fetch(devicePaths.me)
        assert.equal(response.status, 200)
        const { deviceId } = (await response.json()) as { deviceId: string }
        assert.equal(deviceId, (await phone.device.status()).deviceId)
        const files = readdirSync(phone.directory).filter((name) => name.endsWith('.pem'))
        const keys = files.filter((name) => !name.endsWith('.chain.pem'))
        assert.equal(keys.length, 1, keys.join())
        assert.equal(files.length, make === 'android' ? 2 : 1, files.join())
        await phone.device.close()
        // The token of the admin has a life too.
        authority.clock.offsetMs = 0
        assert.deepEqual(await forks(), [])
      }),
      { numRuns: 20, endOnFailure: true },
    )
  })
}

/** Renewals in the audit log that looked as if two held one certificate; each row is read once. */
let auditedTo = 0
async function forks(): Promise<unknown[]> {
  const found: unknown[] = []
  for (;;) {
    const { body } = await authority.admin('GET', `/audit?after=${auditedTo}`)
    const rows = body['rows'] as { seq: number; action: string }[]
    found.push(...rows.filter(({ action }) => action === 'device.forked'))
    auditedTo = rows.at(-1)?.seq ?? auditedTo
    if (body['nextAfter'] === undefined) return found
  }
}
