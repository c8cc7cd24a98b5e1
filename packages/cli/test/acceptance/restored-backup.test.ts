import assert from 'node:assert/strict'
import { cpSync, readFileSync, rmSync } from 'node:fs'
import https from 'node:https'
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { parse } from 'yaml'
import type { AdminUnconfirmed } from '@sallyport/authority'
import { endLeftOver, sallyport } from '../sallyport.ts'
import { ask, open, type Place, placeOf } from './connection.ts'
import { type EditedFile, layOutEdited } from './edited-development.ts'
import { type Enrolled, enrollOnce, post } from './enrollment.ts'
import { endLeftOverRoles, startRole } from './role-process.ts'
import { startSecondGateway } from './second-gateway.ts'
import { startService } from './service.ts'

after(() => {
  endLeftOverRoles()
  endLeftOver()
})

type Run = (...args: string[]) => Promise<{ rows: number }>
type Way = {
  readonly name: string
  backUp(run: Run, store: string, backup: string): Promise<void>
  /** Where there is no store any more. */
  restore(run: Run, store: string, backup: string): Promise<void>
}

const ways: readonly Way[] = [
  {
    name: 'was put back as a file',
    async backUp(_, store, backup) {
      const database = new DatabaseSync(store)
      database.exec(`VACUUM INTO '${backup}'`)
      database.close()
    },
    async restore(_, store, backup) {
      cpSync(backup, store)
    },
  },
  {
    name: 'was restored by its command',
    async backUp(run, _, backup) {
      assert.ok((await run('store', 'backup', backup)).rows > 0)
    },
    async restore(run, _, backup) {
      assert.ok((await run('store', 'restore', backup)).rows > 0)
    },
  },
]

for (const way of ways) {
  test(
    `after yesterday’s backup ${way.name}, no gateway lets in what ended since`,
    {
      timeout: 180_000,
    },
    (t) => endedStayOut(t, way),
  )
}

async function endedStayOut(t: TestContext, way: Way): Promise<void> {
  const service = await startService()
  t.after(() => service.close())
  const dev = await layOutEdited(({ authority, gateway }) => {
    // Letting go of what had ended takes two, and here is one.
    Object.assign(authority, { admin: { insecureSinglePerson: true } })
    gateway.upstreams['sample'] = { targets: [service.url] }
  })
  const { configFile, authority: authorityUrl } = dev.facts
  const config = parse(readFileSync(configFile, 'utf8')) as EditedFile & { admin: { url: string } }
  const adminUrl = config.admin.url
  const authorityOperations = config.authority.listeners.operations.listen
  const gatewayOperations = config.gateway.operations.listen
  const run = async (...args: string[]) => {
    const ran = await sallyport([...args, '--config', configFile, '--json'])
    assert.ok(ran.stdout !== '', ran.stderr)
    return JSON.parse(ran.stdout)
  }
  let authority = await startRole('authority', configFile, authorityOperations)
  let first = await startRole('gateway', configFile, gatewayOperations)
  const second = await startSecondGateway(dev, (edited) => {
    edited.gateway.upstreams['sample'] = { targets: [service.url] }
  })
  t.after(() => second.end())
  const place = placeOf(dev.facts)
  const gateways: Place[] = [place, { ...place, port: second.port }]

  const agent = new https.Agent({ ca: place.ca })
  const enroll = async (): Promise<Enrolled> => {
    const enrolled = await enrollOnce(authorityUrl, agent)
    assert.ok(enrolled)
    return enrolled
  }
  const statusAt = async (at: Place, device: Enrolled): Promise<number> => {
    const socket = await open(at, device)
    try {
      return (await ask(socket, at, '/')).status
    } finally {
      socket.destroy()
    }
  }
  const everywhere = async (devices: readonly Enrolled[], expected: number, at = gateways) => {
    for (const each of at) {
      for (const device of devices) assert.equal(await statusAt(each, device), expected)
    }
  }

  const before = await Promise.all([1, 2, 3, 4, 5].map(enroll))
  const [revoked, suspended, byCertificate, mistaken, good] = before as [
    Enrolled,
    Enrolled,
    Enrolled,
    Enrolled,
    Enrolled,
  ]
  await everywhere(before, 200)
  const store = path.join(path.dirname(configFile), 'state', 'sallyport.db')
  const backup = `${store}.backup`
  await way.backUp(run, store, backup)

  const late = await enroll()
  const detail = await run('devices', 'show', byCertificate.issued.deviceId)
  const token = readFileSync(path.join(path.dirname(configFile), 'admin.token'), 'utf8').trim()
  const revocation = `${adminUrl}/admin/v1/certificates/${detail.certificates[0].thumbprint}/revoke`
  await post(revocation, {}, agent, { authorization: `Bearer ${token}` })
  // Each of these waits until the gateways have it, and with it what came before.
  for (const [verb, device] of [
    ['revoke', revoked],
    ['suspend', suspended],
    ['suspend', mistaken],
    ['revoke', late],
  ] as const) {
    await run('devices', verb, device.issued.deviceId, '--yes')
  }
  const ended = [revoked, suspended, byCertificate, mistaken, late]
  await everywhere(ended, 403)

  // Yesterday's store; and it has given out as many numbers again before a gateway is back.
  await authority.kill()
  await first.end()
  for (const tail of ['', '-wal', '-shm']) rmSync(store + tail, { force: true })
  await way.restore(run, store, backup)
  authority = await startRole('authority', configFile, authorityOperations)
  const other = await enroll()
  for (let round = 0; round < 6; round++) {
    await run('devices', round % 2 === 0 ? 'suspend' : 'resume', other.issued.deviceId, '--yes')
  }
  first = await startRole('gateway', configFile, gatewayOperations)

  const openKeys = async () =>
    (await run('feed', 'unconfirmed')).map(({ key }: AdminUnconfirmed) => key)
  for (let waited = 0; (await openKeys()).length < ended.length; waited++) {
    assert.ok(waited < 60, 'gateways report what they keep')
    await everywhere(ended, 403)
    await sleep(500)
  }
  await everywhere(ended, 403)
  await everywhere([good, other], 200)

  const why = ['--reason', 'suspended by mistake']
  const { dropped } = await run('feed', 'drop', mistaken.issued.deviceId, '--yes', ...why)
  assert.equal(dropped, 1)
  const decided = await run('feed', 'confirm', '--all', '--yes')
  assert.deepEqual([decided.ended, decided.kept], [3, 1], 'the late one is not in the registry')
  assert.deepEqual(await openKeys(), [])
  for (let waited = 0; (await statusAt(gateways[0] as Place, mistaken)) !== 200; waited++) {
    assert.ok(waited < 80)
    await sleep(250)
  }
  const still = ended.filter((device) => device !== mistaken)
  await everywhere(still, 403)

  // One that begins with nothing hears it from the authority alone.
  await first.end()
  rmSync(path.join(path.dirname(configFile), config.gateway.stateDirectory), {
    recursive: true,
    force: true,
  })
  first = await startRole('gateway', configFile, gatewayOperations)
  await everywhere(still, 403, [gateways[0] as Place])
  await everywhere([mistaken, good, other], 200, [gateways[0] as Place])
  await first.end()
  await authority.end()
}
