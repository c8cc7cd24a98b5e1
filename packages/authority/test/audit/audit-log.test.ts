import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { isProblem } from '@sallyport/problem'
import fc from 'fast-check'
import { type AuditRow, verifyAudit } from '../../src/audit/audit-log.ts'
import { canonicalJson, type Json } from '../../src/audit/canonical-json.ts'
import { type Deployment, deploy } from '../fixture/deployment.ts'
import { enroll } from '../fixture/phone.ts'

let deployment: Deployment
let rows: AuditRow[]
before(async () => {
  deployment = await deploy()
  await Promise.all(Array.from({ length: 10 }, () => enroll(deployment)))
  rows = (await deployment.admin('/admin/v1/audit?limit=1000')).body.rows
})
after(() => deployment.close())

const brokenAt = (bent: readonly AuditRow[]) => {
  try {
    verifyAudit(bent)
  } catch (error) {
    assert.ok(isProblem(error) && error.code === 'audit_broken', String(error))
    return error.detail
  }
  return undefined
}

test('the log of an authority verifies, from its first row on', () => {
  const verified = verifyAudit(rows)
  assert.equal(verified.count, rows.length)
  assert.equal(verified.hash, rows.at(-1)?.hash)
  assert.ok(rows.some(({ action }) => action === 'authority.initialized'))
  assert.equal(rows.filter(({ action }) => action === 'device.enrolled').length, 10)
})

test('a log is verified in pages, each after the one before', async () => {
  let verified = verifyAudit([])
  for (;;) {
    const page = await deployment.admin(`/admin/v1/audit?limit=3&after=${verified.seq}`)
    if (page.body.rows.length === 0) break
    verified = verifyAudit(page.body.rows, verified)
  }
  assert.equal(verified.count, rows.length)
})

const tamperings: { name: string; bend: (row: AuditRow) => AuditRow }[] = [
  { name: 'actor', bend: (row) => ({ ...row, actor: 'admin:adm_other' }) },
  { name: 'time', bend: (row) => ({ ...row, at: row.at + 1 }) },
  { name: 'detail', bend: (row) => ({ ...row, detail: { ...row.detail, extra: true } }) },
  { name: 'subject', bend: (row) => ({ ...row, subject: 'dev_other' }) },
  { name: 'hash', bend: (row) => ({ ...row, hash: rows[0]?.hash ?? '' }) },
]
for (const { name, bend } of tamperings) {
  test(`a row whose ${name} was changed is named`, () => {
    const bent = rows.map((row) => (row.seq === 5 ? bend(row) : row))
    assert.equal(brokenAt(bent), 'At row 5 of authority')
  })
}

test('a row that was taken out, put in twice or moved is named', () => {
  assert.equal(brokenAt(rows.filter(({ seq }) => seq !== 5)), 'At row 6 of authority')
  assert.equal(
    brokenAt(rows.flatMap((row) => (row.seq === 5 ? [row, row] : [row]))),
    'At row 5 of authority',
  )
  assert.equal(brokenAt(rows.slice(1)), 'At row 2 of authority')
})

test('no secret is in the log', () => {
  const text = JSON.stringify(rows)
  assert.ok(!text.includes(deployment.adminToken.slice(31)))
  assert.ok(!text.includes('PRIVATE KEY'))
})

test('canonical JSON does not depend on the order of members, and is JSON', () => {
  const value = fc.letrec((tie) => ({
    json: fc.oneof(
      { maxDepth: 3 },
      fc.string(),
      fc.maxSafeInteger(),
      fc.boolean(),
      fc.constant(null),
      fc.array(tie('json'), { maxLength: 4 }),
      fc.dictionary(fc.string(), tie('json'), { maxKeys: 4 }),
    ),
  })).json
  fc.assert(
    fc.property(fc.dictionary(fc.string(), value), (members) => {
      const turned = Object.fromEntries(Object.entries(members).toReversed())
      assert.equal(canonicalJson(turned as Json), canonicalJson(members as Json))
      assert.deepEqual(
        JSON.stringify(JSON.parse(canonicalJson(members as Json))).length,
        JSON.stringify(members).length,
      )
    }),
  )
})
