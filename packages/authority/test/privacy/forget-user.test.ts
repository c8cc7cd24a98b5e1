import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import pino from 'pino'
import { type AuditRow, verifyAudit } from '../../src/audit/audit-log.ts'
import { supersedeHolders } from '../../src/enrollment/held-key.ts'
import { readAudit } from '../../src/audit/read-audit.ts'
import {
  backupStore,
  copyStoreTo,
  restoreStore,
} from '../../src/store/portable/store-operations.ts'
import { type Deployment, deploy, trustDomain } from '../fixture/deployment.ts'
import {
  appOfUsers,
  type IdentityProvider,
  identityProvider,
} from '../fixture/identity-provider.ts'
import { rowsOf } from '../fixture/old-store.ts'
import { isPostgres, storeIn, withStore } from '../fixture/store-place.ts'
import { enrollForUser } from '../fixture/user-phone.ts'

const ada = 'ada.lovelace@example.com'
const others = Array.from({ length: 12 }, (_, index) => `user-${index}`)
const logged: string[] = []
const here = mkdtempSync(path.join(tmpdir(), 'sallyport-forget-'))
let provider: IdentityProvider
let deployment: Deployment
before(async () => {
  provider = await identityProvider()
  const user = 'user: { mode: required, provider: corp, maxDevices: 5 }'
  deployment = await deploy({
    apps: appOfUsers(provider, user, ''),
    // In plain text it is worst: the subject itself must be gone.
    authority: '  privacy: { users: plain }\n',
    log: pino({ level: 'trace' }, { write: (line: string) => void logged.push(line) }),
  })
  const people = [...others.slice(0, 6), ada, ...others.slice(6), ada]
  for (const [index, subject] of people.entries()) {
    const accessToken = await provider.token({ subject })
    await enrollForUser(deployment, {
      accessToken,
      phoneId: `${subject.replace('@', '_')}.phone-${index}`,
    })
  }
})
after(async () => {
  await deployment.close()
  await provider.close()
  rmSync(here, { recursive: true })
})

const find = async (subject: string) =>
  (await deployment.admin('/admin/v1/users/find', { body: { subject } })).body.users
const idOf = async (subject: string): Promise<string> => (await find(subject))[0].id
const forget = async (subject: string, body: object = {}) =>
  deployment.admin(`/admin/v1/users/${await idOf(subject)}/forget`, { body })
const auditRows = async (): Promise<AuditRow[]> =>
  (await deployment.admin('/admin/v1/audit?limit=1000')).body.rows
const parts = [ada, 'lovelace']
const tablesText = (directory: string) =>
  withStore(directory, async ({ read }) => JSON.stringify([...(await rowsOf(read))]))

test('everything that is kept of a user is told, and nothing of another one', async () => {
  const answer = await deployment.admin(`/admin/v1/users/${await idOf(ada)}/export`, { body: {} })
  assert.equal(answer.status, 200, answer.text)
  const { tables, audit, cut } = answer.body
  assert.equal(tables.devices.length, 2)
  assert.equal(tables.certificates.length, 2)
  const ids = new Set(tables.devices.map(({ id }: { id: string }) => id))
  const actions = (audit as AuditRow[]).map(({ action }) => action)
  assert.equal(actions.filter((action) => action === 'device.enrolled').length, 2)
  assert.equal(actions.filter((action) => action === 'user.device-added').length, 2)
  assert.ok((audit as AuditRow[]).every(({ subject }) => ids.has(subject)))
  assert.deepEqual(cut, [])
  assert.ok(!answer.text.includes('user-'))
  assert.ok((await auditRows()).some(({ action }) => action === 'user.exported'))
})

test('a user whose devices count is forgotten only where their end was asked for', async () => {
  const answer = await forget(ada)
  assert.deepEqual([answer.status, answer.body.code], [409, 'user_has_devices'])
  assert.equal((await find(ada))[0].devices, 2)
})

test('of a user who was forgotten no byte is left in the files of the store, nor in a line of the log', async () => {
  const before = path.join(here, 'before.gz')
  await backupStore(storeIn(deployment.directory), { file: before, now: Date.now() })
  const answer = await forget(ada, { revoke: true, reason: 'asked for it' })
  assert.equal(answer.status, 200, answer.text)
  const { devices, revoked, values, isMore } = answer.body
  assert.deepEqual([devices, revoked, isMore], [2, 2, false])
  assert.ok(values >= 6, String(values))
  const text = await tablesText(deployment.directory)
  for (const part of parts) {
    assert.ok(!text.includes(part), part)
    assert.ok(!logged.join('').includes(part), part)
  }
  assert.ok(text.includes(others[0] ?? ''))
  if (isPostgres) return
  for (const name of readdirSync(deployment.directory)) {
    if (!name.startsWith('sallyport.db')) continue
    const bytes = readFileSync(path.join(deployment.directory, name))
    for (const part of parts) assert.equal(bytes.indexOf(part), -1, `${part} in ${name}`)
  }
})

test('the audit log verifies still, says that something was forgotten, and not of whom', async () => {
  const rows = await auditRows()
  assert.equal(verifyAudit(rows).count, rows.length)
  const gone = rows.flatMap(({ personal = [] }) => personal).filter(({ salt }) => !salt)
  assert.ok(gone.length >= 6)
  const told = rows.filter(({ action }) => action === 'user.forgotten')
  assert.equal(told.length, 1)
  const { before: was, after: is } = told[0]?.detail ?? {}
  assert.deepEqual([(was as { devices: number }).devices, is], [2, null])
  assert.ok(!JSON.stringify(told).includes('hashed:') && !JSON.stringify(told).includes(ada))
  assert.equal(rows.filter(({ action }) => action === 'device.revoked').length, 2)
})

test('forgetting again changes nothing, and others are as they were', async () => {
  const count = (await auditRows()).length
  const { body } = await forget(ada, { revoke: true })
  assert.deepEqual(body, { devices: 0, revoked: 0, approvals: 0, values: 0, isMore: false })
  assert.equal((await auditRows()).filter(({ action }) => action === 'user.forgotten').length, 1)
  assert.equal((await auditRows()).length, count)
  assert.ok((await find(ada))[0].forgottenAt !== null)
  assert.equal((await find(others[0] ?? ''))[0].devices, 1)
})

test('a backup of after, restored or copied, verifies, and the user is forgotten in it', async () => {
  const file = path.join(here, 'after.gz')
  await backupStore(storeIn(deployment.directory), { file, now: Date.now() })
  const places = ['restored', 'copied'].map((name) => mkdtempSync(path.join(here, name)))
  const [restored = '', copied = ''] = places
  const options = { file, trustDomain, chain: 'authority', now: Date.now(), keepCredentials: true }
  await restoreStore(storeIn(restored), options)
  await copyStoreTo(storeIn(restored), storeIn(copied))
  for (const place of places) {
    const text = await tablesText(place)
    for (const part of parts) assert.ok(!text.includes(part), part)
    const rows = await withStore(place, ({ read }) => readAudit(read, 0, 1_000))
    assert.equal(verifyAudit(rows).count, rows.length)
  }
})

test('a backup of before has the user, who is forgotten again by the id', async () => {
  const place = mkdtempSync(path.join(here, 'earlier'))
  const options = { trustDomain, chain: 'authority', now: Date.now(), keepCredentials: true }
  await restoreStore(storeIn(place), { file: path.join(here, 'before.gz'), ...options })
  assert.ok((await tablesText(place)).includes(ada))
  const rows = await withStore(place, ({ read }) => readAudit(read, 0, 1_000))
  assert.equal(verifyAudit(rows).count, rows.length)
})

test('what came after a time is left', async () => {
  const subject = others[3] ?? ''
  const { body } = await forget(subject, { revoke: true, before: '2020-01-01T00:00:00Z' })
  assert.deepEqual([body.devices, body.revoked], [0, 0])
  assert.equal((await find(subject))[0].devices, 1)
})

test('forgetting lifts no revocation: an iPhone that was revoked before is known again by its key', async () => {
  const subject = others[4] ?? ''
  const accessToken = await provider.token({ subject })
  await enrollForUser(deployment, { accessToken, phoneId: 'another-phone' })
  const id = await idOf(subject)
  const { body } = await deployment.admin(`/admin/v1/users/${id}/export`, { body: {} })
  const [revoked, active] = body.tables.devices.map((device: { id: string }) => device.id)
  const keys = [revoked, active].map((deviceId) => attestKeyOf(deviceId, `key-of-${deviceId}`))
  await withStore(deployment.directory, (store) =>
    store.write((tx) => tx.insertInto('app_attest_keys').values(keys).execute()),
  )
  await deployment.admin(`/admin/v1/devices/${revoked}/revoke`, { body: { reason: 'stolen' } })
  assert.equal((await forget(subject, { revoke: true })).status, 200)
  await withStore(deployment.directory, async (store) => {
    const held = (deviceId: string) => ({
      appId: 'wallet',
      spkiSha256: 'of no certificate',
      appAttestKeyId: `key-of-${deviceId}`,
    })
    const enroll = (deviceId: string) =>
      store.write((tx) =>
        supersedeHolders(tx, held(deviceId), { deviceId: 'new', now: Date.now() }),
      )
    await assert.rejects(enroll(revoked), { code: 'device_revoked' })
    await enroll(active)
    const left = await store.read.selectFrom('app_attest_keys').selectAll().execute()
    assert.deepEqual(
      left.map(({ device_id, receipt, risk_metric }) => [device_id, receipt, risk_metric]),
      [[revoked, null, null]],
    )
  })
})

test('who denied an enrolment stays known when its user is forgotten', async () => {
  const subject = others[5] ?? ''
  const id = await idOf(subject)
  const { body } = await deployment.admin(`/admin/v1/users/${id}/export`, { body: {} })
  const { user_provider, user_subject } = body.tables.devices[0]
  const row = {
    app_id: 'wallet',
    spki_sha256: 'x',
    admission: '{"subject":"x"}',
    address: '192.0.2.1',
    requested_at: 1,
    expires_at: 2,
    decided_at: 1,
    reason: 'not ours',
    user_provider,
    user_subject,
    device_id: null,
    authorized_by: null,
  }
  const denied = { ...row, id: 'apr_denied', status: 'denied', decided_by: 'admin:adm_x' } as const
  const pending = { ...row, id: 'apr_open', status: 'pending', decided_by: null } as const
  const ofBoth = await withStore(deployment.directory, async (store) => {
    await store.write((tx) => tx.insertInto('approvals').values([denied, pending]).execute())
    assert.equal((await forget(subject, { revoke: true })).status, 200)
    return store.read.selectFrom('approvals').selectAll().orderBy('id').execute()
  })
  const shown = ofBoth.map(({ status, decided_by, reason, address, user_subject: user }) => [
    status,
    decided_by === 'admin:adm_x',
    reason,
    address,
    user,
  ])
  assert.deepEqual(shown, [
    ['denied', true, 'not ours', '', null],
    ['denied', false, null, '', null],
  ])
})

function attestKeyOf(deviceId: string, keyId: string) {
  return {
    device_id: deviceId,
    key_id: keyId,
    spki: Buffer.alloc(4),
    counter: 1,
    environment: 'production' as const,
    apple_app_id: 'TEAM.app',
    receipt: Buffer.from('receipt'),
    receipt_not_before: 1,
    receipt_expires_at: 2,
    risk_metric: 3,
    updated_at: 1,
    receipt_at: 1,
    receipt_due_at: null,
    receipt_fault: null,
    risk_effect: null,
  }
}
