import assert from 'node:assert/strict'
import { copyFileSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import pino from 'pino'
import { SignerClient } from '../../../src/signer/process/signer-client.ts'
import { startAuthority } from '../../../src/start-authority.ts'
import { type CallOptions, httpCall } from '../../fixture/http-call.ts'
import { enroll } from '../../fixture/phone.ts'
import { onlyInFiles } from '../../fixture/token-place.ts'
import { type Machine, severalMachines, type SeveralMachines } from './several-machines.ts'

// Several authorities over one store, each with its signer, its journal and its copy of the keys.

const skip = onlyInFiles('each machine has a copy of its own') ?? false
const kind = 'development'
let several: SeveralMachines
let one: Machine
let two: Machine

before(async () => {
  if (skip !== false) return
  several = await severalMachines(2)
  const [first, second] = several.machines
  assert.ok(first !== undefined && second !== undefined)
  ;[one, two] = [first, second]
})
after(() => (skip === false ? several.close() : undefined))

const caOf = (phone: Awaited<ReturnType<typeof enroll>>) => phone.issued.certificates[1]
/** Undefined where none issues. */
const caIssuingAt = async (machine: Machine): Promise<string | undefined> => {
  const phone = await enroll(machine).catch(() => undefined)
  return phone && caOf(phone)
}
const issuersOf = async (machine: Machine): Promise<{ id: string; certificate: string }[]> =>
  (await machine.admin('/admin/v1/issuers')).body.issuers.filter(
    (each: { kind: string }) => each.kind === kind,
  )

/** Waits until something is so, and fails where it is not within a minute. */
async function until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + 60_000
  while (!(await isSo())) {
    if (performance.now() > end) assert.fail(`not within a minute: ${what}`)
    await sleep(50)
  }
}

test('both issue, and what both journals tell is in the one registry; one of them alone lacks what the other signed', {
  skip,
}, async () => {
  const phones = await Promise.all(
    Array.from({ length: 12 }, (_, at) => enroll(at % 2 === 0 ? one : two)),
  )
  assert.equal(new Set(phones.map(caOf)).size, 1, 'by one CA')
  await until('what was signed just now is compared as well', async () => {
    const { unsigned } = await several.compare([one])
    return unsigned.length >= 6
  })
  const both = await several.compare()
  assert.deepEqual([both.unrecorded, both.unsigned], [[], []])
  assert.deepEqual(
    both.journals.map(({ faults }) => faults),
    [[], []],
  )
  assert.ok(both.journals.every(({ records }) => records >= 6))
})

test('two authorities with one signer issue side by side', { skip }, async () => {
  const client = new SignerClient({ socket: one.signer.socket })
  const log = pino({ level: 'silent' })
  const { directory, config } = one
  const named = { ...config, authority: { ...config.authority, name: 'authority-beside' } }
  const running = { log, directory, version: '0.0.0-test', signer: client.signer }
  const beside = await startAuthority(named, running)
  try {
    const device = (at: string, call: CallOptions = {}) =>
      httpCall(beside.addresses.device + at, { ca: several.caPem, ...call })
    const phones = await Promise.all(
      Array.from({ length: 10 }, (_, at) => enroll(at % 2 === 0 ? one : { device })),
    )
    assert.equal(new Set(phones.map(caOf)).size, 1)
    assert.deepEqual((await several.compare()).unrecorded, [])
  } finally {
    await beside.close()
    await client.close()
  }
})

test('a signer that is killed while it signs, time and again, leaves nothing that was handed out and is not written down', {
  skip,
}, async () => {
  const ending = new AbortController()
  const handedOut: Awaited<ReturnType<typeof enroll>>[] = []
  let refused = 0
  const enrollAlways = async (): Promise<void> => {
    while (!ending.signal.aborted) {
      await enroll(one).then(
        (phone) => handedOut.push(phone),
        () => (refused += 1),
      )
    }
  }
  const working = Promise.all(Array.from({ length: 6 }, enrollAlways))
  for (let kill = 0; kill < 3; kill++) {
    const { length } = handedOut
    await until('some are signed', () => handedOut.length > length + 5)
    await one.killSigner()
  }
  ending.abort()
  await working
  await until('another one is issued', () =>
    enroll(one).then(
      () => true,
      () => false,
    ),
  )
  await until('the last of them are compared as well', async () => {
    const { unsigned } = await several.compare([two])
    return unsigned.length >= handedOut.length
  })
  const { unrecorded, unsigned, journals } = await several.compare()
  assert.deepEqual(unsigned, [], 'all that was handed out is in a journal')
  assert.deepEqual(
    journals.flatMap(({ faults }) => faults),
    [],
  )
  // What was signed and whose answer was lost: six were under way each time.
  assert.ok(unrecorded.length <= 18, `${unrecorded.length} are told that nobody has`)
})

test('a CA that one machine makes is announced by both, and the other issues by it once its key was brought', {
  skip,
}, async () => {
  const before = await issuersOf(one)
  const made = await one.admin('/admin/v1/issuers', { appId: 'wallet', kind })
  assert.equal(made.status, 200, made.text)
  const { id, certificate } = made.body.issuer
  await until('the other says that it lacks the key', () =>
    two.logged.some((line) => line.includes('THE KEY OF A CA IS NOT HERE')),
  )
  assert.ok((await issuersOf(two)).some((ca) => ca.id === id))
  const phone = await enroll(two)
  assert.ok(
    before.some((ca) => ca.certificate === caOf(phone)),
    'it goes on by the one before',
  )
  // Withdrawn at the one, at the other nothing is left to issue by.
  for (const ca of before) {
    const path = `/admin/v1/issuers/${ca.id}/withdraw`
    assert.equal((await one.admin(path, { reason: 'leaked' })).status, 200)
  }
  await until('the other issues no more', () =>
    enroll(two).then(
      () => false,
      (error: unknown) => String(error).includes('issuer_missing'),
    ),
  )
  assert.equal(caOf(await enroll(one)), certificate)
  const metrics = await (await fetch(`${two.authority.addresses.operations}/metrics`)).text()
  assert.match(
    metrics,
    /^sallyport_authority_ca_key_missing\{app="wallet",kind="development".*\} 1$/m,
  )
  const keys = (machine: Machine) => path.join(machine.directory, 'keys')
  for (const name of readdirSync(keys(one)).filter((each) => each.endsWith('.json'))) {
    copyFileSync(path.join(keys(one), name), path.join(keys(two), name))
  }
  await until('the other issues by it', () => caIssuingAt(two).then((next) => next === certificate))
})

test('two machines that make a CA of one name at once agree which counts, and both go on', {
  skip,
}, async () => {
  const make = (machine: Machine) => machine.admin('/admin/v1/issuers', { appId: 'wallet', kind })
  const answers = await Promise.all([make(one), make(two)])
  for (const { status, text } of answers) assert.equal(status, 200, text)
  const listed = new Set((await issuersOf(one)).map(({ id }) => id))
  for (const { body } of answers) assert.ok(listed.has(body.issuer.id), 'it is one of the store')
  // Both go on issuing; neither stumbles over the key of its own that has the name of the other's.
  await sleep(1_500)
  await enroll(one)
  await enroll(two)
  const failed = [...one.logged, ...two.logged].filter((line) => line.includes('signer_refused'))
  assert.deepEqual(failed, [])
})
