import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import https from 'node:https'
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { thumbprint } from '@sallyport/pki'
import { endLeftOver, sallyport } from '../sallyport.ts'
import { ask, open, placeOf } from './connection.ts'
import { enrollDevice, type Identity, type LaidOut, layOutEdited } from './edited-development.ts'
import { type Enrolled, enrollOnce, post } from './enrollment.ts'
import { startLoad } from './load.ts'
import { endLeftOverRoles, startRole } from './role-process.ts'
import { startService } from './service.ts'

after(endLeftOver)
after(endLeftOverRoles)

const isWhole = process.env['SALLYPORT_CONFORMANCE'] === '1'
const rounds = isWhole ? 20 : 2
const enrolments = isWhole ? 1_000 : 150
const suspensions = 5

/** What clients were answered. */
type Received = { thumbprints: Set<string>; suspended: { seq: number; identity: Identity }[] }

test(`the authority is killed in the middle of ${enrolments} enrolments, ${rounds} times over, and the gateway goes on serving`, async (t) => {
  if (!isWhole) t.diagnostic('20 rounds of 1000 with SALLYPORT_CONFORMANCE=1')
  const service = await startService()
  let operations = { authority: '', gateway: '' }
  const dev = await layOutEdited((config) => {
    const { authority, gateway } = config
    gateway.upstreams['sample'] = { targets: [service.url] }
    operations = {
      authority: authority.listeners.operations.listen,
      gateway: gateway.operations.listen,
    }
  })
  const { configFile } = dev.facts
  const received: Received = { thumbprints: new Set(), suspended: [] }
  let authority = await startRole('authority', configFile, operations.authority)
  const gateway = await startRole('gateway', configFile, operations.gateway)
  const place = placeOf(dev.facts)
  const load = await startLoad(place, await enrollDevice(dev))
  let cut = 0
  for (let round = 0; round < rounds; round++) {
    // Later in each round, so that the kill falls into every part of the work.
    const killAfter = Math.ceil((enrolments * (round + 1)) / (rounds + 2))
    let killed: Promise<void> | undefined
    const answered = await enrollMany(dev, received, (count) => {
      if (count === killAfter) killed = authority.kill()
    })
    assert.ok(killed !== undefined, `only ${answered} of ${enrolments} were answered`)
    await killed
    if (answered < enrolments) cut++
    verifyStore(dev, received)
    authority = await startRole('authority', configFile, operations.authority)
  }
  assert.equal(cut, rounds, 'each kill falls into the work')
  assert.ok(received.suspended.length > 0)

  const audit = await sallyport(['audit', 'verify', '--config', configFile])
  assert.equal(audit.code, 0, audit.stderr)
  // What was answered reached the gateway over the feed that went on with the next authority.
  for (const { identity } of received.suspended.slice(-5)) await refusedAs(place, identity)
  const failures = await load.end()
  assert.deepEqual(failures, [])
  t.diagnostic(
    `${received.thumbprints.size} certificates and ${received.suspended.length} suspensions were answered, ` +
      `${load.answered()} requests were served meanwhile`,
  )
  await gateway.end()
  await authority.end()
  await service.close()
})

/** All at once, some suspensions of other devices among them. @returns how many enrolments were answered */
async function enrollMany(
  dev: LaidOut,
  { thumbprints, suspended }: Received,
  onAnswer: (count: number) => void,
): Promise<number> {
  const { facts } = dev
  const admin = await adminOf(dev)
  const ca = readFileSync(facts.caFile)
  const agent = new https.Agent({ keepAlive: true, maxSockets: enrolments, ca })
  const enroll = async () => {
    const enrolled = await enrollOnce(facts.authority, agent)
    const [leaf = ''] = enrolled?.issued.certificates ?? []
    if (enrolled !== undefined) thumbprints.add(thumbprint(Buffer.from(leaf, 'base64url')))
    return enrolled
  }
  const suspend = async ({ issued, ...identity }: Enrolled): Promise<void> => {
    const headers = { authorization: `Bearer ${readFileSync(facts.adminTokenFile, 'utf8').trim()}` }
    const url = `${admin}/admin/v1/devices/${issued.deviceId}/suspend`
    const changed = await post(url, {}, agent, headers).catch(() => undefined)
    if (changed?.status === 200) suspended.push({ seq: Number(changed.body['seq']), identity })
  }
  const others = await Promise.all(Array.from({ length: suspensions }, enroll))
  let count = 0
  const work = Array.from({ length: enrolments }, async () => {
    if ((await enroll()) !== undefined) onAnswer(++count)
  })
  await Promise.all([
    ...others.flatMap((other) => (other === undefined ? [] : [suspend(other)])),
    ...work,
  ])
  agent.destroy()
  return count
}

async function adminOf(dev: LaidOut): Promise<string> {
  const args = ['config', 'print', '--json', '--config', dev.facts.configFile]
  const { stdout } = await sallyport(args)
  const { admin } = JSON.parse(stdout) as { admin: { url: string } }
  return admin.url
}

/** With the authority dead, what it left on the disk. */
function verifyStore(dev: LaidOut, { thumbprints, suspended }: Received): void {
  const state = path.join(path.dirname(dev.facts.configFile), 'state')
  const store = new DatabaseSync(path.join(state, 'sallyport.db'))
  try {
    const kept = new Set(
      store
        .prepare('SELECT thumbprint FROM certificates')
        .all()
        .map((row) => row['thumbprint']),
    )
    assert.deepEqual(
      [...thumbprints].filter((one) => !kept.has(one)),
      [],
      'every certificate that a client received is in the store',
    )
    const numbers = store
      .prepare('SELECT seq FROM changes ORDER BY seq')
      .all()
      .map((row) => Number(row['seq']))
    assert.deepEqual(
      numbers,
      numbers.map((_, index) => (numbers[0] ?? 0) + index),
      'the feed has no gap',
    )
    const known = new Set(numbers)
    assert.ok(
      suspended.every(({ seq }) => known.has(seq)),
      'every answered change is on the feed',
    )
  } finally {
    store.close()
  }
}

async function refusedAs(place: Parameters<typeof open>[0], identity: Identity): Promise<void> {
  const deadline = performance.now() + 60_000
  for (;;) {
    const socket = await open(place, identity)
    const { text } = await ask(socket, place)
    socket.destroy()
    if (text.includes('"code":"device_suspended"')) return
    assert.ok(performance.now() < deadline, text)
    await sleep(50)
  }
}
