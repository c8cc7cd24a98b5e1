import assert from 'node:assert/strict'
import { test } from 'node:test'
import { devicePaths } from '@sallyport/wire'
import { up as initial } from '../../src/store/migrations/001-initial.ts'
import { up as forkedAt } from '../../src/store/migrations/002-forked-at.ts'
import type { Tables } from '../../src/store/tables.ts'
import { developmentApp } from '../fixture/apps.ts'
import { deploy } from '../fixture/deployment.ts'
import {
  enroll,
  enrollmentOf,
  makeKey,
  phoneOf,
  renew,
  renewalByProof,
  takeChallenge,
} from '../fixture/phone.ts'
import {
  dropTables,
  markDone,
  parentsFirst,
  rowsOf,
  tablesOf,
  withTables,
} from '../fixture/old-store.ts'

const released = { '001-initial': initial, '002-forked-at': forkedAt }

/** What version 0.1 did not write into an admission. */
const newInAdmission = [
  'model',
  'osVersion',
  'osPatchLevel',
  'provenFacts',
  'batch',
  'provisioning',
  'standing',
  'claimant',
]

/** A store as version 0.1 would have left it: its tables and columns, with what a newer one holds of them. */
async function bringBack(directory: string): Promise<void> {
  await withTables(directory, async (store) => {
    const newer = await rowsOf(store)
    await dropTables(store)
    await initial(store)
    await forkedAt(store)
    await store.deleteFrom('heads').execute()
    const audit = newer.get('heads')?.find(({ name }) => name === 'audit:authority')
    if (audit !== undefined) audit['name'] = 'audit'
    for (const { name, columns } of parentsFirst(await tablesOf(store))) {
      for (const row of newer.get(name) ?? []) {
        const old = Object.fromEntries(columns.map((column) => [column, row[column]]))
        await store
          .insertInto(name as 'settings')
          .values(old as Tables['settings'])
          .execute()
      }
    }
    for (const { id, admission } of await store.selectFrom('approvals').selectAll().execute()) {
      const old = JSON.parse(admission) as Record<string, unknown>
      for (const member of newInAdmission) delete old[member]
      const values = { admission: JSON.stringify(old) }
      await store.updateTable('approvals').set(values).where('id', '=', id).execute()
    }
    await markDone(store, Object.keys(released))
  })
}

test('with the store of version 0.1 devices renew and enrol, and what waits for approval goes on', async (t) => {
  const apps = `${developmentApp}  manned:
    insecureDevelopmentDevices: true
    enrollment: { evidence: [development], approval: required }
`
  const deployment = await deploy({ apps })
  t.after(() => deployment.close())
  const phone = await enroll(deployment)
  const key = makeKey()
  const challenge = await takeChallenge(deployment, 'enroll', 'manned')
  const body = enrollmentOf(key, challenge, 'manned')
  const ask = () => deployment.device(devicePaths.certificates, { body })
  const { approvalId } = (await ask()).body
  await deployment.authority.close()
  await bringBack(deployment.directory)
  await deployment.restart()

  const { body: shown } = await deployment.admin(`/admin/v1/devices/${phone.issued.deviceId}`)
  assert.deepEqual(shown.device.provenFacts, [])
  const listed = await deployment.admin(`/admin/v1/devices/${phone.issued.deviceId}/appraisals`)
  assert.deepEqual(listed.body.appraisals, [], 'there were none')
  assert.equal(shown.device.assurance, 'software')
  assert.equal((await renew(deployment, phone)).status, 201)
  const signed = await renewalByProof(deployment, phone)
  assert.equal((await deployment.device(devicePaths.renewals, { body: signed })).status, 201)
  const again = await enroll(deployment, 'wallet', phone.key)
  assert.equal((await renew(deployment, again, makeKey())).status, 201)

  assert.equal((await ask()).body.approvalId, approvalId)
  await deployment.admin(`/admin/v1/approvals/${approvalId}/approve`, { body: {} })
  const approved = await ask()
  assert.equal(approved.body.assurance, 'software', approved.text)
  const me = await deployment.device(devicePaths.me, phoneOf(key, approved.body).tls)
  assert.equal(me.status, 200)
})
