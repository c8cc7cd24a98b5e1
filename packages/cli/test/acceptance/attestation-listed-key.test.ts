import assert from 'node:assert/strict'
import type { DatabaseSync } from 'node:sqlite'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { VirtualDevice } from '@sallyport/virtual-device'
import { endLeftOver } from '../sallyport.ts'
import { type AttestedDeployment, identityOf, layOutAttested } from './attested-deployment.ts'
import { ask, open, openStream, openWebSocket, placeOf } from './connection.ts'
import { endLeftOverRoles, type RoleProcess } from './role-process.ts'
import { startService } from './service.ts'
import { startTrustPublisher, type TrustPublisher } from './trust-publisher.ts'

after(endLeftOver)
after(endLeftOverRoles)

const limitMs = 5_000
/** Devices beside the real ones that rest on the listed key of the second test. */
const many = 10_000

describe('a key that enters the published list', () => {
  let deployment: AttestedDeployment
  let publisher: TrustPublisher
  let service: Awaited<ReturnType<typeof startService>>
  let authority: RoleProcess
  let store: DatabaseSync
  before(async () => {
    service = await startService()
    publisher = await startTrustPublisher()
    deployment = await layOutAttested(publisher, ({ gateway }) => {
      gateway.upstreams['sample'] = { targets: [service.url] }
    })
    authority = await deployment.startAuthority()
    await deployment.startGateway()
    await refresh()
    store = deployment.openStore()
  })
  after(async () => {
    store.close()
    await deployment.end()
    await publisher.close()
    await service.close()
  })

  const refresh = () => deployment.run('attestation', 'status', '--refresh')
  const statusOf = (id: string) =>
    store.prepare('select status from devices where id = ?').get(id)?.['status']

  test('ends what its devices have open at the gateway, in seconds, and nothing of others', async (t) => {
    const [listed, other] = [deployment.android(), deployment.android()]
    const ids = [await enroll(listed), await enroll(other)] as const
    const ofListed = await openEverything(deployment, listed)
    const ofOther = await openEverything(deployment, other)
    publisher.list(ownSerial(store, ...ids))
    const publishedAt = performance.now()
    const { code, stdout } = await refresh()
    assert.equal(code, 0, stdout)
    await within(Promise.all(ofListed.map(({ closed }) => closed)))
    const ms = performance.now() - publishedAt
    t.diagnostic(`published, fetched, and every connection ended: ${ms.toFixed(0)} ms`)
    assert.ok(ms < limitMs, `${ms} ms`)
    assert.deepEqual(ids.map(statusOf), ['suspended', 'active'])

    const place = placeOf(deployment.dev.facts)
    const again = await open(place, identityOf(listed))
    const { status, text } = await ask(again, place)
    again.destroy()
    assert.deepEqual([status, /"code":"(\w+)"/.exec(text)?.[1]], [403, 'device_suspended'])
    assert.doesNotMatch(text, /attestation|listed|REVOKED/, 'the phone is not told why')
    assert.ok(ofOther.every(({ isOpen }) => isOpen()))
    const kept = ofOther[0]?.socket
    assert.ok(kept !== undefined)
    assert.equal((await ask(kept, place)).status, 200)
    for (const { destroy } of ofOther) destroy()
  })

  test(`suspends all of ${many} devices although the authority is killed midway, and their connections end`, async (t) => {
    const [listed, other] = [deployment.android(), deployment.android()]
    const ids = [await enroll(listed), await enroll(other)] as const
    const serial = ownSerial(store, ...ids)
    multiply(store, ids[0], serial)
    const connections = await openEverything(deployment, listed)
    const suspended = () =>
      Number(
        store
          .prepare(
            `select count(*) as n from devices where status = 'suspended' and id like 'dev_many%'`,
          )
          .get()?.['n'],
      )
    publisher.list(serial)
    void refresh()
    await until(() => suspended() > 0)
    await authority.kill()
    const before = suspended()
    assert.ok(before > 0 && before < many, `${before} of ${many} when it was killed`)
    const killedAt = performance.now()
    authority = await deployment.startAuthority()
    await until(() => suspended() === many)
    await within(Promise.all(connections.map(({ closed }) => closed)))
    t.diagnostic(
      `${before} of ${many} when it was killed; all, and the gateway told, ${(performance.now() - killedAt).toFixed(0)} ms later`,
    )
    assert.deepEqual(ids.map(statusOf), ['suspended', 'active'])
    const audited = store
      .prepare(
        `select subject from audit where action = 'device.suspended' and subject like 'dev_many%'`,
      )
      .all()
    assert.equal(audited.length, many, 'each of them once')
    const { code, stderr } = await deployment.run('audit', 'verify')
    assert.equal(code, 0, stderr)
  })
})

async function enroll(device: VirtualDevice): Promise<string> {
  return (await device.enroll()).deviceId ?? ''
}

/** A serial number of the chain of the first device that is not in that of the second. */
function ownSerial(store: DatabaseSync, id: string, otherId: string): string {
  const row = store
    .prepare(
      'select serial from attestation_serials where device_id = ? and serial not in (select serial from attestation_serials where device_id = ?) limit 1',
    )
    .get(id, otherId)
  assert.ok(row !== undefined)
  return String(row['serial'])
}

/** Rows like that of a device, which rest on the serial number. */
function multiply(store: DatabaseSync, id: string, serial: string): void {
  const columns = store
    .prepare('select name from pragma_table_info(?)')
    .all('devices')
    .map(({ name }) => String(name))
    .filter((name) => !['id', 'appraisal_id'].includes(name))
    .join(', ')
  store.exec('begin immediate')
  const device = store.prepare(
    `insert into devices (id, ${columns}) select ?, ${columns} from devices where id = ?`,
  )
  const rests = store.prepare('insert into attestation_serials (serial, device_id) values (?, ?)')
  for (let index = 0; index < many; index++) {
    const copy = `dev_many${index}`
    device.run(copy, id)
    rests.run(serial, copy)
  }
  store.exec('commit')
}

/** An idle connection, a stream of HTTP/2 and a WebSocket. */
async function openEverything({ dev }: AttestedDeployment, device: VirtualDevice) {
  const place = placeOf(dev.facts)
  const identity = identityOf(device)
  const idle = await open(place, identity)
  assert.equal((await ask(idle, place)).status, 200)
  const rest = [await openStream(place, identity), await openWebSocket(place, identity)]
  return [idle, ...rest].map((connection) => ({
    socket: connection === idle ? idle : undefined,
    isOpen: () => !connection.destroyed,
    destroy: () => void connection.destroy(),
    closed: new Promise<void>((resolve) => connection.once('close', () => resolve())),
  }))
}

async function within<T>(work: Promise<T>): Promise<T> {
  const late = sleep(15_000, undefined, { ref: false }).then(() => {
    throw new Error('connections are open still')
  })
  return await Promise.race([work, late])
}

async function until(holds: () => boolean): Promise<void> {
  for (const end = Date.now() + 60_000; !holds(); await sleep(5)) {
    if (Date.now() > end) throw new Error('it never came to be')
  }
}
