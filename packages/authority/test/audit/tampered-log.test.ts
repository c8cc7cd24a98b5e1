import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { isProblem } from '@sallyport/problem'
import { type AuditRow, verifyAudit } from '../../src/audit/audit-log.ts'
import type { Tables } from '../../src/store/tables.ts'
import { type Deployment, deploy } from '../fixture/deployment.ts'
import { editStore, isPostgres, withStore } from '../fixture/store-place.ts'

/** Text whose forms look alike: composed, decomposed, half of a pair, an escape of JSON. */
const labels = ['Caf\u00e9', 'Cafe\u0301', 'half \ud800 of a pair', '\u2028"\\\u0001', '𝔘']

let deployment: Deployment
let rows: AuditRow[]
before(async () => {
  deployment = await deploy()
  for (const label of labels) {
    const body = { appId: 'wallet', label }
    const answer = await deployment.admin('/admin/v1/enrollment-tokens', { body })
    assert.equal(answer.status, 201, answer.text)
  }
  rows = await read()
})
after(() => deployment.close())

const read = async () =>
  (await deployment.admin('/admin/v1/audit?limit=1000')).body.rows as AuditRow[]

test('labels of every script are held to the byte by the chain', () => {
  assert.equal(verifyAudit(rows).count, rows.length)
  const told = rows.filter(({ action }) => action === 'enrollment-token.created')
  assert.deepEqual(
    told.map(({ detail }) => (detail['after'] as { label: string }).label),
    labels,
  )
})

const last = "(SELECT max(seq) FROM audit WHERE action = 'enrollment-token.created')"
/** Statements, one after the other. `untyped`: there must be a column that takes values of any kind. */
const tricks: { name: string; sql: string; untyped?: true }[] = [
  {
    name: 'a label in another normal form',
    sql: `UPDATE audit SET detail = replace(detail, 'Caf\u00e9', 'Cafe\u0301')`,
  },
  { name: 'another actor', sql: `UPDATE audit SET actor = 'admin:other' WHERE seq = ${last}` },
  { name: 'a time a millisecond off', sql: `UPDATE audit SET at = at + 1 WHERE seq = ${last}` },
  {
    name: 'a member more',
    sql: `UPDATE audit SET detail = '{"more":1,' || substr(detail, 2) WHERE seq = ${last}`,
  },
  { name: 'a row that is gone', sql: `DELETE FROM audit WHERE seq = ${last} - 1` },
  {
    name: 'two rows that changed places',
    sql: `UPDATE audit SET seq = 3000000 - seq WHERE seq IN (${last}, ${last} - 1);
          UPDATE audit SET seq = seq - 3000000 + ${last} + ${last} - 1 WHERE seq > 2000000`,
  },
  {
    name: 'a number beyond 2^53',
    sql: `UPDATE audit SET at = 9007199254740993 WHERE seq = ${last}`,
  },
  {
    name: 'a number beyond 2^62',
    sql: `UPDATE audit SET at = 4611686018427387905 WHERE seq = ${last}`,
  },
  {
    name: 'text where a number was',
    sql: `UPDATE audit SET at = 'x' || at WHERE seq = ${last}`,
    untyped: true,
  },
  { name: 'a detail that is not JSON', sql: `UPDATE audit SET detail = '{' WHERE seq = ${last}` },
  { name: 'a detail that is null', sql: `UPDATE audit SET detail = 'null' WHERE seq = ${last}` },
  {
    name: 'a detail with the number as text',
    sql: `UPDATE audit SET detail = replace(detail, '"expiresAt":', '"expiresAt":1') WHERE seq = ${last}`,
  },
]

const kept = () =>
  withStore(deployment.directory, ({ read }) => read.selectFrom('audit').selectAll().execute())

/** The log as it was, whatever was done to it. */
const putBack = (log: Tables['audit'][]) =>
  withStore(deployment.directory, (store) =>
    store.write(async (tx) => {
      await tx.deleteFrom('audit').execute()
      await tx.insertInto('audit').values(log).execute()
    }),
  )

for (const { name, sql, untyped } of tricks) {
  test(`the chain tells of ${name}`, async () => {
    const log = await kept()
    if (untyped && isPostgres) {
      // There is no such row to tell of.
      await assert.rejects(editStore(deployment.directory, sql), /is of type bigint/)
      return
    }
    try {
      await editStore(deployment.directory, ...sql.split(';'))
      const answer = await deployment.admin('/admin/v1/audit?limit=1000')
      if (answer.status === 200) {
        assert.throws(
          () => verifyAudit(answer.body.rows as AuditRow[]),
          (error) => isProblem(error) && error.code === 'audit_broken',
        )
      } else {
        assert.equal(answer.body.code, 'audit_broken', answer.text)
      }
    } finally {
      await putBack(log)
    }
    assert.equal(verifyAudit(await read()).count, rows.length)
  })
}

test('rows that are missing at the end are told from what was noted, and by the next row that is written', async () => {
  const noted = verifyAudit(rows)
  await editStore(deployment.directory, `DELETE FROM audit WHERE seq > ${noted.seq - 2}`)
  const shorter = verifyAudit(await read())
  assert.notDeepEqual([shorter.seq, shorter.hash], [noted.seq, noted.hash])
  await deployment.admin('/admin/v1/enrollment-tokens', { body: { appId: 'wallet' } })
  const after = await read()
  assert.throws(() => verifyAudit(after), { code: 'audit_broken' })
})
