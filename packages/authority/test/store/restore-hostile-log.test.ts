import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { isProblem } from '@sallyport/problem'
import type { AuditRow } from '../../src/audit/audit-log.ts'
import type { Checkpoint } from '../../src/audit/checkpoint.ts'
import { backupStore, restoreStore } from '../../src/store/portable/store-operations.ts'
import type { Store } from '../../src/store/store.ts'
import { type Deployment, deploy, trustDomain } from '../fixture/deployment.ts'
import { exportedLog, forgedRows, writeLines } from '../fixture/exported-log.ts'
import { rowsOf } from '../fixture/old-store.ts'
import { enroll, type Phone } from '../fixture/phone.ts'
import { storeIn, withStore } from '../fixture/store-place.ts'

const here = mkdtempSync(path.join(tmpdir(), 'sallyport-hostile-log-'))
const backup = path.join(here, 'backup.gz')
let deployment: Deployment
let other: Deployment
let phones: Phone[]
/** The rows of the log; so many of them the backup has. */
let rows: AuditRow[]
let backedUp: number
let checkpoints: { checkpoint: Checkpoint }[]
let foreign: Awaited<ReturnType<typeof exportedLog>>
before(async () => {
  deployment = await deploy({ heartbeatMs: 50 })
  other = await deploy({ heartbeatMs: 50 })
  phones = await Promise.all([1, 2, 3].map(() => enroll(deployment)))
  await backupStore(storeIn(deployment.directory), { file: backup, now: Date.now() })
  backedUp = (await exportedLog(deployment)).rows.length
  for (const [index, verb] of [
    [0, 'suspend'],
    [0, 'resume'],
    [1, 'revoke'],
  ] as const) {
    const at = `/admin/v1/devices/${idOf(index)}/${verb}`
    assert.equal((await deployment.admin(at, { body: { reason: verb } })).status, 200)
  }
  for (const each of [deployment, other]) {
    await each.admin('/admin/v1/audit/checkpoints', { body: {} })
  }
  ;({ rows, checkpoints } = await exportedLog(deployment))
  await Promise.all(Array.from({ length: backedUp }, () => enroll(other)))
  foreign = await exportedLog(other)
})
after(async () => {
  await deployment.close()
  await other.close()
  rmSync(here, { recursive: true })
})

const idOf = (index: number): string => phones[index]?.issued.deviceId ?? ''
const later = () => rows.slice(backedUp)
const head = () => rows[backedUp - 1] ?? assert.fail()
const lastRow = () => rows.at(-1) ?? assert.fail()

const restore = (place: string, auditFiles: string[]) =>
  restoreStore(storeIn(place), {
    file: backup,
    trustDomain,
    chain: 'authority',
    now: Date.now(),
    keepCredentials: true,
    auditFiles,
  })

async function restored<T>(
  lines: readonly unknown[],
  look: (read: Store['read']) => Promise<T>,
): Promise<{
  looked: T
  endedAgain: NonNullable<Awaited<ReturnType<typeof restore>>['endedAgain']>
}> {
  const place = mkdtempSync(path.join(here, 'place-'))
  const { endedAgain } = await restore(place, [writeLines(path.join(place, 'log.jsonl'), lines)])
  assert.ok(endedAgain !== undefined)
  return { looked: await withStore(place, ({ read }) => look(read)), endedAgain }
}

const statuses = async (read: Store['read']) => {
  const devices = await read.selectFrom('devices').select(['id', 'status']).execute()
  return phones.map((_, index) => devices.find(({ id }) => id === idOf(index))?.status)
}

test('a log that does not go on with the backup is refused, whatever is wrong with it, and nothing is kept', async () => {
  const bend = (index: number, change: Partial<AuditRow>) =>
    later().map((row, at) => (at === index ? { ...row, ...change } : row))
  const [checkpoint] = checkpoints
  assert.ok(checkpoint !== undefined)
  const ofOther = forgedRows({ chain: 'second', seq: 0, hash: '' }, [{ subject: idOf(0) }])
  const deep = '['.repeat(200_000) + ']'.repeat(200_000)
  const hostile: Record<string, readonly unknown[]> = {
    'with a row missing at the beginning': later().slice(1),
    'with a row missing in the middle': later().toSpliced(1, 1),
    'with two rows in another order': [...later().slice(0, 1), ...later().slice(1).toReversed()],
    'with the subject of a row changed': bend(2, { subject: idOf(2) }),
    'with an action changed': bend(0, { action: 'device.revoked' }),
    'with a time changed': bend(0, { at: 1 }),
    'with a detail changed': bend(2, { detail: { reason: 'another' } }),
    'with a hash changed': bend(2, { hash: lastRow().previous }),
    'with a row of the backup changed': [{ ...head(), action: 'device.revoked' }, ...later()],
    'of another deployment, from the beginning': foreign.rows,
    'of another deployment, from where the backup ends': foreign.rows.slice(backedUp),
    'of another chain under the name of this one': ofOther.map((row) => ({
      ...row,
      chain: 'authority',
    })),
    'of a chain that nobody signed': [...later(), ...ofOther],
    'of a chain that another deployment signed': [...ofOther, ...foreign.checkpoints],
    'that is not as it was signed': [
      ...checkpoints,
      ...forgedRows(
        head(),
        later().map(() => ({ subject: idOf(2) })),
      ),
    ],
    'with a checkpoint that was changed': [
      ...later(),
      { checkpoint: { ...checkpoint.checkpoint, heads: [] } },
    ],
    'with a checkpoint of no signature': [
      ...later(),
      { checkpoint: { ...checkpoint.checkpoint, jws: checkpoint.checkpoint.jws.slice(0, -8) } },
    ],
    'with a number that no log has': bend(0, { detail: { seq: 1.5 } }),
    'with a sequence number beyond all': bend(0, { seq: 2 ** 53 }),
    'with a hash that a terminal obeys': bend(0, { previous: '\u001b[2J' }),
    'that is something else': ['text', 1, null],
    'with a chain of no name': [{ ...lastRow(), chain: '../authority' }],
  }
  const place = mkdtempSync(path.join(here, 'hostile-'))
  const isRefused = (error: unknown) => isProblem(error) && error.code === 'audit_file_invalid'
  for (const [name, lines] of Object.entries(hostile)) {
    const file = writeLines(path.join(place, 'log.jsonl'), lines)
    await assert.rejects(restore(place, [file]), isRefused, name)
  }
  const texts: Record<string, string | Buffer> = {
    'cut in the middle of a line': readFileSync(
      writeLines(path.join(place, 'cut.jsonl'), later()),
    ).subarray(0, -100),
    'nested without end': `{"chain":"authority","detail":${deep}}\n`,
    'a row nested without end': `${JSON.stringify(later()[0]).replace('"detail":{', `"detail":{"x":${deep},`)}\n`,
    'a line without end': Buffer.alloc(3 * 1024 * 1024, 32),
    'no text': Buffer.from([0xff, 0xfe, 0x0a]),
  }
  for (const [name, bytes] of Object.entries(texts)) {
    const file = path.join(place, 'log.jsonl')
    writeFileSync(file, bytes)
    await assert.rejects(restore(place, [file]), isRefused, name)
  }
  await assert.rejects(restore(place, [path.join(place, 'nowhere')]), isRefused)
  // After all of that it is as empty as it was.
  await restore(place, [])
})

test('rows forged behind the last can end what they name, and do nothing else', async () => {
  const id = idOf(2)
  const forged = forgedRows(lastRow(), [
    { action: 'device.resumed', subject: idOf(0) },
    { action: 'device.revoked', subject: id, detail: { reason: 'forged' } },
    { action: 'device.resumed', subject: id, detail: { after: { status: 'active' } } },
    { action: 'admin-token.created', subject: 'adm_x', detail: { after: { role: 'admin' } } },
    { action: 'gateway.added', subject: 'evil', detail: { after: { status: 'active' } } },
    { action: 'gateway.revoked', subject: '../evil\n' },
    { action: 'enrollment-token.created', subject: 'ent_x' },
    { action: 'proposal.agreed', subject: 'prp_x' },
    { action: 'feed.dropped', subject: id, detail: { kind: 'device', status: 'revoked' } },
    { action: 'feed.confirmed', subject: id, detail: { kind: '__proto__', status: 'x' } },
    { action: 'feed.confirmed', subject: id, detail: { kind: 'device', status: 'active' } },
    { action: 'token.ended', subject: 'no key', detail: { after: { until: 9e15 } } },
    { action: 'device.revoked', subject: "x'; drop table devices; --" },
    { action: 'user.forgotten', subject: 'user', detail: { mark: 'x' } },
    { action: 'constructor', subject: 'x' },
    { action: 'device.revoked', subject: 'with\0nul' },
  ])
  const tables = (read: Store['read']) => rowsOf(read)
  const honest = await restored([...later(), ...checkpoints], tables)
  const { looked, endedAgain } = await restored([...later(), ...forged, ...checkpoints], tables)
  const [chain] = endedAgain.chains
  assert.deepEqual(
    [chain?.through, chain?.signedThrough],
    [lastRow().seq + forged.length, lastRow().seq],
    'how far a signature reaches is told',
  )
  const changed = [...looked]
    .filter(([table, some]) => JSON.stringify(some) !== JSON.stringify(honest.looked.get(table)))
    .map(([table]) => table)
  const always = ['audit', 'heads', 'settings']
  const byTheEnding = ['changes', 'devices', 'personal_values']
  assert.deepEqual(
    changed.filter((table) => ![...always, ...byTheEnding].includes(table)),
    [],
  )
  const devices = looked.get('devices') ?? []
  assert.equal(devices.find((device) => device['id'] === id)?.['status'], 'revoked')
  assert.equal(devices.find((device) => device['id'] === idOf(0))?.['status'], 'active')
})

test('a log that was cut off ends what is left in it, and a checkpoint says that it was', async () => {
  const cut = await restored([...later().slice(0, 1), ...checkpoints], statuses)
  assert.deepEqual(
    cut.looked,
    ['suspended', 'active', 'active'],
    'nobody is known to have resumed it',
  )
  assert.equal(cut.endedAgain.chains[0]?.missing, lastRow().seq)
  const unsigned = await restored(later().slice(0, 1), statuses)
  assert.equal(unsigned.endedAgain.chains[0]?.missing, null)
  assert.equal(unsigned.endedAgain.chains[0]?.through, head().seq + 1)
})

test('rows that the backup has, lines that came twice, and several files in a row are taken as they are', async () => {
  const expected = ['active', 'revoked', 'active']
  assert.deepEqual((await restored(rows, statuses)).looked, expected)
  const twice = later().flatMap((row) => [row, row])
  assert.deepEqual((await restored(twice, statuses)).looked, expected)
  const withMore = later().map((row) => ({ ...row, '@timestamp': 'x', host: 'siem' }))
  assert.deepEqual((await restored(withMore, statuses)).looked, expected)
  const place = mkdtempSync(path.join(here, 'several-'))
  const files = [later().slice(0, 2), later().slice(2)].map((some, index) =>
    writeLines(path.join(place, `${index}.jsonl`), some),
  )
  await restore(place, files)
  assert.deepEqual(await withStore(place, ({ read }) => statuses(read)), expected)
})
