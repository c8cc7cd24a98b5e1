import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { devicePaths } from '@sallyport/wire'
import { type AuditRow, verifyAudit } from '../../src/audit/audit-log.ts'
import { readAudit } from '../../src/audit/read-audit.ts'
import type { Restored } from '../../src/store/portable/restore-backup.ts'
import {
  backupStore,
  followLogAt,
  restoreStore,
} from '../../src/store/portable/store-operations.ts'
import type { Tables } from '../../src/store/tables.ts'
import { type Deployment, deploy, trustDomain } from '../fixture/deployment.ts'
import { exportedLog, writeLines } from '../fixture/exported-log.ts'
import {
  enroll,
  enrollmentOf,
  makeKey,
  type Phone,
  renew,
  takeChallenge,
} from '../fixture/phone.ts'
import { storeIn, withStore } from '../fixture/store-place.ts'

const apps = `
  wallet:
    insecureDevelopmentDevices: true
    enrollment: { evidence: [development] }
    certificate: { overlapMinutes: 0 }
    protocols: { acme: {}, scep: { lane: fleet } }
  kiosk:
    insecureDevelopmentDevices: true
    enrollment: { evidence: [development], approval: required }
`
const here = mkdtempSync(path.join(tmpdir(), 'sallyport-log-'))
const backup = path.join(here, 'backup.gz')
const log = path.join(here, 'audit.jsonl')
let deployment: Deployment
let phones: Record<
  'good' | 'revoked' | 'suspended' | 'mistaken' | 'byCertificate' | 'renewed' | 'barred' | 'late',
  Phone
>
let made: Record<string, string>

const post = async (at: string, body: object = {}) => {
  const answer = await deployment.admin(`/admin/v1/${at}`, { body })
  assert.ok(answer.status < 300, `${at}: ${answer.text}`)
  return answer.body
}
/** Of what an answer tells was made, beside the text of its secret. */
const madeId = async (at: string, body: object): Promise<string> => {
  const told = Object.values(await post(at, body))
  const [id] = told.flatMap((one) => (one instanceof Object && 'id' in one ? [String(one.id)] : []))
  return id ?? assert.fail(at)
}
const idOf = ({ issued }: Phone): string => issued.deviceId

before(async () => {
  const status = `    status: { listen: '127.0.0.1:0' }
  status: { url: 'http://status.example.com', shards: 1 }`
  deployment = await deploy({ apps, heartbeatMs: 50, authority: status })
  const [good, revoked, suspended, mistaken, byCertificate, renewed, barred] = await Promise.all(
    Array.from({ length: 7 }, () => enroll(deployment)),
  )
  assert.ok(good && revoked && suspended && mistaken && byCertificate && renewed && barred)
  await post(`devices/${idOf(barred)}/suspend`)
  const tokenOf = async () =>
    (await post('enrollment-tokens', { appId: 'wallet' })) as {
      token: string
      enrollmentToken: { id: string }
    }
  const [used, ended, unused] = [await tokenOf(), await tokenOf(), await tokenOf()]
  const waiting = await deployment.device(devicePaths.certificates, {
    body: enrollmentOf(makeKey(), await takeChallenge(deployment, 'enroll', 'kiosk'), 'kiosk'),
  })
  made = {
    used: used.enrollmentToken.id,
    ended: ended.enrollmentToken.id,
    unused: unused.enrollmentToken.id,
    admin: await madeId('admin-tokens', { label: 'a', role: 'viewer' }),
    otherAdmin: await madeId('admin-tokens', { label: 'b', role: 'viewer' }),
    mdm: await madeId('mdm/credentials', { appId: 'wallet' }),
    acme: await madeId('acme/credentials', { appId: 'wallet' }),
    approval: waiting.body.approvalId,
  }
  await backupStore(storeIn(deployment.directory), { file: backup, now: Date.now() })

  const late = await enroll(deployment)
  phones = { good, revoked, suspended, mistaken, byCertificate, renewed, barred, late }
  for (const [phone, verb] of [
    [revoked, 'revoke'],
    [suspended, 'suspend'],
    [mistaken, 'suspend'],
    [mistaken, 'resume'],
    [barred, 'resume'],
    [late, 'revoke'],
  ] as const) {
    await post(`devices/${idOf(phone)}/${verb}`, { reason: `to ${verb}` })
  }
  const { certificates } = (await deployment.admin(`/admin/v1/devices/${idOf(byCertificate)}`)).body
  await post(`certificates/${certificates[0].thumbprint}/revoke`, { reason: 'key copied' })
  assert.equal((await renew(deployment, renewed)).status, 201)
  const challenge = await takeChallenge(deployment)
  const enrollment = { ...enrollmentOf(makeKey(), challenge), enrollmentToken: used.token }
  const enrolled = await deployment.device(devicePaths.certificates, { body: enrollment })
  assert.equal(enrolled.status, 201, enrolled.text)
  await post(`enrollment-tokens/${made['ended']}/revoke`)
  await post(`admin-tokens/${made['admin']}/revoke`)
  await post(`mdm/credentials/${made['mdm']}/revoke`)
  await post(`acme/credentials/${made['acme']}/revoke`)
  await post(`approvals/${made['approval']}/deny`)
  await post('invalidations', { deviceId: idOf(good) })
  const { issuers } = (await deployment.admin('/admin/v1/issuers')).body
  const { id } = issuers.find(({ appId }: { appId: string }) => appId === 'kiosk')
  made['issuer'] = id
  await post(`issuers/${id}/withdraw`, { reason: 'key lost' })
  await post('gateways/gateway-1/revoke')
  await post('audit/checkpoints')
  const { rows, checkpoints } = await exportedLog(deployment)
  writeLines(log, [...rows, ...checkpoints])
})
after(async () => {
  await deployment.close()
  rmSync(here, { recursive: true })
})

type Told = { row: AuditRow; why: string }
type Restoring = Partial<Parameters<typeof restoreStore>[1]>

/** Restores to a place of its own, and looks at what is there. */
async function restored(
  given: Restoring,
  look: (read: <T extends keyof Tables>(table: T) => Promise<Tables[T][]>) => Promise<void>,
): Promise<Restored & { lines: Told[] }> {
  const place = mkdtempSync(path.join(here, 'place-'))
  const lines: Told[] = []
  const result = await restoreStore(storeIn(place), {
    file: backup,
    trustDomain,
    chain: 'authority',
    now: Date.now(),
    keepCredentials: true,
    onTold: (row, why) => lines.push({ row, why }),
    ...given,
  })
  await withStore(place, ({ read }) =>
    look(
      (table) =>
        read
          .selectFrom(table as 'settings')
          .selectAll()
          .execute() as never,
    ),
  )
  return { ...result, lines }
}

type Read = Parameters<Parameters<typeof restored>[1]>[0]
const statusOf = async (read: Read, phone: Phone) =>
  (await read('devices')).find(({ id }) => id === idOf(phone))?.status

test('what ended since the backup ends again, and what counted counts', async () => {
  let hash = ''
  const { endedAgain, lines } = await restored({ auditFiles: [log] }, async (read) => {
    const statuses = Object.fromEntries(
      await Promise.all(
        Object.entries(phones).map(async ([name, phone]) => [name, await statusOf(read, phone)]),
      ),
    )
    assert.deepEqual(statuses, {
      good: 'active',
      revoked: 'revoked',
      suspended: 'suspended',
      mistaken: 'active',
      byCertificate: 'active',
      renewed: 'active',
      // Nothing is loosened.
      barred: 'suspended',
      late: undefined,
    })
    const certificates = await read('certificates')
    const ofDevice = (phone: Phone) =>
      certificates.find(({ device_id }) => device_id === idOf(phone))?.status
    assert.equal(ofDevice(phones.byCertificate), 'revoked')
    assert.equal(ofDevice(phones.renewed), 'superseded')
    assert.equal(ofDevice(phones.good), 'active')
    const kept = await read('unconfirmed_status')
    assert.deepEqual(
      kept.map(({ key, status, decision }) => [key, status, decision]),
      [[idOf(phones.late), 'revoked', 'kept']],
      'gateways are told of whoever enrolled since',
    )
    const isRevoked = (rows: { id: string; revoked_at: number | null }[]) => (name: string) =>
      rows.find(({ id }) => id === made[name])?.revoked_at !== null
    const tokens = (await read('enrollment_tokens')) as { id: string; revoked_at: number | null }[]
    assert.deepEqual(['used', 'ended', 'unused'].map(isRevoked(tokens)), [true, true, false])
    const admins = (await read('admin_tokens')) as { id: string; revoked_at: number | null }[]
    assert.deepEqual(['admin', 'otherAdmin'].map(isRevoked(admins)), [true, false])
    assert.ok(isRevoked(await read('mdm_credentials'))('mdm'))
    assert.ok(isRevoked(await read('acme_credentials'))('acme'))
    assert.equal((await read('approvals'))[0]?.status, 'denied')
    assert.deepEqual(
      (await read('invalidations')).map(({ kind, key }) => [kind, key]),
      [['deviceTokens', idOf(phones.good)]],
    )
    const issuer = (await read('issuers')).find(({ id }) => id === made['issuer'])
    assert.equal(issuer?.status, 'revoked')
    assert.equal((await read('gateways'))[0]?.status, 'revoked')
    const followed = (await read('audit')).filter(({ action }) => action === 'store.log-followed')
    assert.equal(followed.length, 1)
    hash = JSON.parse(followed[0]?.detail ?? '').after.hash
  })
  const [chain] = endedAgain?.chains ?? []
  assert.ok(chain && chain.after > 10 && chain.through > chain.after + 15)
  assert.equal(chain.signedThrough, chain.through)
  assert.equal(chain.missing, null)
  assert.equal(hash, chain.hash, 'the log commits to the one that was lost')
  assert.deepEqual(lines, [], 'nothing was left for somebody to do')
  assert.deepEqual(endedAgain?.ended, {
    'device.revoked': 2,
    'device.suspended': 1,
    'certificate.revoked': 1,
    'certificate.superseded': 1,
    'enrollment-token.used': 1,
    'enrollment-token.revoked': 1,
    'admin-token.revoked': 1,
    'mdm-credential.revoked': 1,
    'acme-credential.revoked': 1,
    'approval.denied': 1,
    'device.tokens-ended': 1,
    'issuer.withdrawn': 1,
    'gateway.revoked': 1,
  })
})

test('without the log what lets somebody in ends, but for the admin token that is held', async () => {
  const adminToken = deployment.adminToken
  const { countedThen, countsAgain } = await restored(
    { keepCredentials: false, adminToken },
    async (read) => {
      assert.equal(await statusOf(read, phones.good), 'active')
    },
  )
  assert.deepEqual(countedThen, {
    adminTokens: 3,
    enrollmentTokens: 3,
    mdmCredentials: 1,
  })
  const none = { adminTokens: 0, enrollmentTokens: 0, mdmCredentials: 0 }
  assert.deepEqual(countsAgain, { ...none, adminTokens: 1 })
  const other = `${adminToken.slice(0, -1)}${adminToken.endsWith('A') ? 'B' : 'A'}`
  const unheld = await restored({ keepCredentials: false, adminToken: other }, async () => {})
  assert.deepEqual(unheld.countsAgain, none, 'an id alone holds nothing')
})

test('a trial says what would be done, and leaves the store as empty as it was', async () => {
  const place = mkdtempSync(path.join(here, 'trial-'))
  const options = {
    file: backup,
    trustDomain,
    chain: 'authority',
    now: Date.now(),
    keepCredentials: false,
    auditFiles: [log],
  }
  const tried = await restoreStore(storeIn(place), { ...options, isTrial: true })
  const done = await restoreStore(storeIn(place), options)
  assert.deepEqual({ ...tried, epoch: '' }, { ...done, epoch: '' })
  assert.ok((tried.endedAgain?.ended['device.revoked'] ?? 0) > 0)
})

test('a log that was found later ends the same, and done again finds nothing to do', async () => {
  const place = mkdtempSync(path.join(here, 'later-'))
  const facts = { chain: 'authority', now: Date.now() }
  const given = { ...facts, auditFiles: [log] }
  const unrestored = followLogAt(storeIn(deployment.directory), given)
  await assert.rejects(unrestored, { code: 'audit_file_invalid' })
  const options = { ...facts, file: backup, trustDomain, keepCredentials: true }
  const { countsAgain } = await restoreStore(storeIn(place), options)
  assert.equal(countsAgain.adminTokens, 3)
  const tried = await followLogAt(storeIn(place), { ...given, isTrial: true })
  const done = await followLogAt(storeIn(place), given)
  assert.deepEqual(tried, done)
  assert.equal(done.ended['device.revoked'], 2)
  const again = await followLogAt(storeIn(place), given)
  assert.deepEqual(again.ended, {})
  await withStore(place, async ({ read }) => {
    const log = await readAudit(read, 0, 1_000)
    assert.equal(verifyAudit(log).count, log.length)
  })
})
