import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import pino from 'pino'
import { verifyAudit } from '../../src/audit/audit-log.ts'
import { readAudit } from '../../src/audit/read-audit.ts'
import { startAuthority } from '../../src/start-authority.ts'
import { backupStore, restoreStore } from '../../src/store/portable/store-operations.ts'
import { type Deployment, deploy, passphrase, trustDomain } from '../fixture/deployment.ts'
import { exportedLog, writeLines } from '../fixture/exported-log.ts'
import {
  appOfUsers,
  type IdentityProvider,
  identityProvider,
} from '../fixture/identity-provider.ts'
import { httpCall } from '../fixture/http-call.ts'
import { rowsOf } from '../fixture/old-store.ts'
import { isPostgres, storeIn, withStore } from '../fixture/store-place.ts'
import { enrollForUser } from '../fixture/user-phone.ts'

const here = mkdtempSync(path.join(tmpdir(), 'sallyport-forgotten-'))
const file = path.join(here, 'backup.gz')
let provider: IdentityProvider
let deployment: Deployment
before(async () => {
  provider = await identityProvider()
  const user = 'user: { mode: required, provider: corp, maxDevices: 5 }'
  deployment = await deploy({ apps: appOfUsers(provider, user, '') })
  for (const [index, subject] of ['ada', 'ada', 'grace'].entries()) {
    const accessToken = await provider.token({ subject })
    await enrollForUser(deployment, { accessToken, phoneId: `phone-of-${subject}-${index}` })
  }
  await backupStore(storeIn(deployment.directory), { file, now: Date.now() })
})
after(async () => {
  await deployment.close()
  await provider.close()
  rmSync(here, { recursive: true })
})

const restore = (place: string, log: string) =>
  restoreStore(storeIn(place), {
    file,
    trustDomain,
    chain: 'authority',
    now: Date.now(),
    keepCredentials: true,
    auditFiles: [log],
  })

test('a user who was forgotten since is forgotten in the backup as well, and nobody else', async () => {
  const find = async (subject: string) =>
    (await deployment.admin('/admin/v1/users/find', { body: { subject } })).body.users[0]
  const { id } = await find('ada')
  const body = { revoke: true, reason: 'asked for it' }
  assert.equal((await deployment.admin(`/admin/v1/users/${id}/forget`, { body })).status, 200)
  const { rows } = await exportedLog(deployment)
  assert.ok(!JSON.stringify(rows).includes(id), 'the log does not say whom')
  const place = mkdtempSync(path.join(here, 'place-'))
  const { endedAgain } = await restore(place, writeLines(path.join(here, 'log.jsonl'), rows))
  assert.equal(endedAgain?.ended['user.forgotten'], 1)
  assert.equal(endedAgain?.ended['device.revoked'], 2)
  assert.equal(endedAgain?.told, 0)
  await withStore(place, async ({ read }) => {
    const tables = await rowsOf(read)
    const forgotten = tables.get('forgotten_users') ?? []
    assert.deepEqual(
      forgotten.map((row) => row['id']),
      [id],
    )
    tables.delete('forgotten_users')
    assert.ok(!JSON.stringify([...tables]).includes(id))
    const { id: other } = await find('grace')
    assert.ok(JSON.stringify([...tables]).includes(other))
    const log = await readAudit(read, 0, 1_000)
    assert.equal(verifyAudit(log).count, log.length)
  })
  if (isPostgres) return
  for (const name of readdirSync(place).filter((one) => one.startsWith('sallyport.db'))) {
    const bytes = readFileSync(path.join(place, name)).toString('latin1')
    // It stands in the list of those who were forgotten, and in its index.
    assert.ok(bytes.split(id).length <= 3, name)
    assert.ok(!bytes.includes('phone-of-ada'), name)
  }
})

test('the chain of an authority that began since is believed where a checkpoint has signed it', async () => {
  const { directory, config } = deployment
  const named = { ...config, authority: { ...config.authority, name: 'second' } }
  const second = await startAuthority(named, {
    log: pino({ level: 'silent' }),
    directory,
    version: '0.0.0-test',
    environment: { SALLYPORT_PASSPHRASE: passphrase },
  })
  const { rows: first } = await exportedLog(deployment)
  const device = first.findLast(({ action }) => action === 'device.enrolled')?.subject
  assert.ok(typeof device === 'string')
  const answer = await httpCall(`${second.addresses.admin}/admin/v1/devices/${device}/revoke`, {
    ca: deployment.caPem,
    headers: { authorization: `Bearer ${deployment.adminToken}` },
    body: {},
  })
  assert.equal(answer.status, 200, answer.text)
  await second.close()
  const { rows } = await exportedLog(deployment, { chain: 'second' })
  const place = mkdtempSync(path.join(here, 'second-'))
  const log = path.join(here, 'second.jsonl')
  await assert.rejects(restore(place, writeLines(log, rows)), { code: 'audit_file_invalid' })
  await deployment.admin('/admin/v1/audit/checkpoints', { body: {} })
  const { checkpoints } = await exportedLog(deployment)
  const { endedAgain } = await restore(place, writeLines(log, [...rows, ...checkpoints]))
  const chain = endedAgain?.chains.find(({ name }) => name === 'second')
  assert.equal(chain?.after, 0)
  assert.equal(chain?.signedThrough, rows.at(-1)?.seq)
  assert.equal(endedAgain?.ended['device.revoked'], 1)
})
