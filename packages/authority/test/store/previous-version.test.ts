import assert from 'node:assert/strict'
import { renameSync, rmSync } from 'node:fs'
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { devicePaths } from '@sallyport/wire'
import { Kysely, SqliteDialect } from 'kysely'
import { up as initial } from '../../src/store/migrations/001-initial.ts'
import { up as forkedAt } from '../../src/store/migrations/002-forked-at.ts'
import { kyselyDatabase } from '../../src/store/node-sqlite.ts'
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

const released = { '001-initial': initial, '002-forked-at': forkedAt }

/** A store as version 0.1 would have left it: its tables and columns, with what a newer one holds of them. */
async function bringBack(file: string): Promise<void> {
  const old = `${file}.old`
  const database = new DatabaseSync(old)
  const store = new Kysely<Tables>({
    dialect: new SqliteDialect({ database: kyselyDatabase(database) }),
  })
  for (const up of Object.values(released)) await up(store)
  database.exec('PRAGMA foreign_keys = OFF')
  database.exec(`ATTACH '${file}' AS newer`)
  const tables = database
    .prepare(
      `SELECT name FROM main.sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'`,
    )
    .all()
  for (const { name } of tables) {
    const columns = database
      .prepare(`SELECT name FROM pragma_table_info(?, 'main')`)
      .all(String(name))
      .map((column) => `"${String(column['name'])}"`)
      .join(', ')
    database.exec(
      `INSERT OR REPLACE INTO main."${String(name)}" (${columns}) SELECT ${columns} FROM newer."${String(name)}"`,
    )
  }
  database.exec(
    `CREATE TABLE main.kysely_migration (name PRIMARY KEY, timestamp NOT NULL);
     CREATE TABLE main.kysely_migration_lock (id PRIMARY KEY, is_locked DEFAULT 0 NOT NULL);
     INSERT INTO main.kysely_migration_lock SELECT * FROM newer.kysely_migration_lock;
     DETACH newer`,
  )
  const insert = database.prepare('INSERT INTO kysely_migration VALUES (?, ?)')
  for (const name of Object.keys(released)) insert.run(name, new Date(0).toISOString())
  // What it did not write into an admission.
  database.exec(
    `UPDATE approvals SET admission = json_remove(admission, '$.model', '$.osVersion', '$.osPatchLevel',
       '$.provenFacts', '$.batch', '$.provisioning', '$.standing', '$.claimant')`,
  )
  await store.destroy()
  for (const suffix of ['-wal', '-shm']) rmSync(file + suffix, { force: true })
  renameSync(old, file)
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
  await bringBack(path.join(deployment.directory, 'sallyport.db'))
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
