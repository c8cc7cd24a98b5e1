import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { isProblem } from '@sallyport/problem'
import fc from 'fast-check'
import { appendAudit, type AuditRow, verifyAudit } from '../../src/audit/audit-log.ts'
import { unchanged } from '../../src/audit/change.ts'
import { canonicalJson, type Json } from '../../src/audit/canonical-json.ts'
import { commit, exactHash, opens } from '../../src/audit/commitment.ts'
import { openRow, sealAgain } from '../../src/audit/opened-row.ts'
import { Personal, personal, personalActor, personalKinds } from '../../src/audit/personal.ts'
import { readAudit } from '../../src/audit/read-audit.ts'
import { seal } from '../../src/audit/seal.ts'
import type { Tables } from '../../src/store/tables.ts'
import { type Deployment, deploy } from '../fixture/deployment.ts'
import { editStore, withStore } from '../fixture/store-place.ts'

const chain = 'authority'
const rowId = { chain, seq: 7, at: 1_000 }
const address = '203.0.113.77'
const subject = 'user-5f2c'

let deployment: Deployment
let told: number
before(async () => {
  deployment = await deploy()
  await withStore(deployment.directory, (store) =>
    store.write(async (tx) => {
      for (const actor of [address, 'operator:ada@example.com (ada)', address]) {
        await appendAudit(tx, {
          at: 1_000,
          actor,
          action: 'user.device-added',
          subject: personal('identifier', 'serial 7'),
          detail: {
            ...unchanged,
            who: { name: personal('user', subject), of: [personal('address', '::7')] },
          },
        })
      }
    }),
  )
  const rows = await read()
  told = rows.find(({ action }) => action === 'user.device-added')?.seq ?? 0
})
after(() => deployment.close())

const read = (query = ''): Promise<AuditRow[]> =>
  deployment.admin(`/admin/v1/audit?limit=1000${query}`).then(({ body }) => body.rows)
const row = async () => (await read()).find(({ seq }) => seq === told) ?? assert.fail()
const edit = (sql: string) =>
  editStore(deployment.directory, `${sql} where seq = ${told} and chain = '${chain}'`)
const isBroken = (rows: AuditRow[]) => {
  try {
    verifyAudit(rows)
    return false
  } catch (error) {
    return isProblem(error) && error.code === 'audit_broken'
  }
}

test('a row holds no personal value, and who reads it sees each', async () => {
  const kept = await withStore(deployment.directory, ({ read: store }) =>
    store.selectFrom('audit').selectAll().where('action', '=', 'user.device-added').execute(),
  )
  assert.equal(kept.length, 3)
  for (const value of [address, subject, 'ada', 'serial', '::7', '203.0.113']) {
    assert.ok(!JSON.stringify(kept).includes(value), value)
  }
  const { actor, subject: thing, detail } = await row()
  assert.deepEqual([actor, thing], [address, 'serial 7'])
  assert.deepEqual(detail, { ...unchanged, who: { name: subject, of: ['::7'] } })
  assert.equal(verifyAudit(await read()).count, (await read()).length)
})

test('rows of one person do not look alike, and are found by what they are about', async () => {
  const rows = await withStore(deployment.directory, ({ read: store }) =>
    store.selectFrom('audit').selectAll().where('action', '=', 'user.device-added').execute(),
  )
  assert.equal(new Set(rows.map(({ actor }) => actor)).size, 3)
  assert.equal(new Set(rows.map(({ detail }) => detail)).size, 3)
  assert.equal((await read(`&actor=${address}`)).length, 2)
  assert.equal((await read('&actor=203.0.113.0/24')).length, 2)
  assert.equal((await read('&actor=203.0.113.78')).length, 0)
  assert.equal((await read('&subject=serial 7&actor=operator:ada@example.com (ada)')).length, 1)
})

test('a value that is another one than was written is told', async () => {
  const good = await row()
  const bends: ((bent: AuditRow) => AuditRow)[] = [
    (bent) => ({ ...bent, actor: '203.0.113.78' }),
    (bent) => ({ ...bent, actor: '203.0.113.0/24' }),
    (bent) => ({ ...bent, detail: { who: { name: 'other', of: ['::7'] } } }),
    (bent) => ({ ...bent, personal: bent.personal?.slice(1) ?? [] }),
    (bent) => ({
      ...bent,
      personal: (bent.personal ?? []).map(({ at, ...rest }) => ({ ...rest, at: `${at}/x` })),
    }),
    (bent) => ({ ...bent, personal: (bent.personal ?? []).map((one) => ({ ...one, salt: 'AA' })) }),
    (bent) => ({
      ...bent,
      personal: (bent.personal ?? []).map((one) => ({ ...one, network: '203.0.114.0/24' })),
    }),
    (bent) => ({
      ...bent,
      personal: (bent.personal ?? []).map((one) => ({ ...one, kind: 'user' as const })),
    }),
  ]
  const before = { count: 0, seq: told - 1, hash: good.previous }
  assert.equal(verifyAudit([good], before).count, 1)
  for (const bend of bends) {
    assert.throws(() => verifyAudit([bend(good)], before), { code: 'audit_broken' })
  }
})

test('a value that was changed in the store is told; one that is gone was forgotten', async () => {
  const values = () =>
    withStore(deployment.directory, ({ read: store }) =>
      store.selectFrom('personal_values').selectAll().where('seq', '=', told).execute(),
    )
  const kept = await values()
  assert.equal(kept.length, 4)
  const putBack = () =>
    withStore(deployment.directory, (store) =>
      store.write(async (tx) => {
        await tx.deleteFrom('personal_values').where('seq', '=', told).execute()
        await tx.insertInto('personal_values').values(kept).execute()
      }),
    )
  for (const set of ["value = 'x'", "salt = 'x'", "exact = '203.0.113.9'", "exact_salt = 'x'"]) {
    await edit(`update personal_values set ${set}`)
    assert.ok(isBroken(await read()), set)
    await putBack()
  }
  await edit('delete from personal_values')
  const gone = await row()
  assert.deepEqual([gone.actor, gone.subject], [{ forgotten: true }, { forgotten: true }])
  assert.deepEqual(gone.detail, {
    ...unchanged,
    who: { name: { forgotten: true }, of: [{ forgotten: true }] },
  })
  assert.ok(!isBroken(await read()))
  await putBack()
})

test('of an address its network can be left, and is proven still', async () => {
  await withStore(deployment.directory, (store) =>
    store.write(async (tx) => {
      const rows = await tx
        .selectFrom('personal_values')
        .selectAll()
        .where('exact', 'is not', null)
        .where('seq', '=', told)
        .execute()
      for (const { place, exact, exact_salt } of rows) {
        const hash = exactHash({ salt: exact_salt ?? '', value: exact ?? '' })
        const left = { exact: null, exact_salt: null, exact_at: null, exact_hash: hash }
        await tx
          .updateTable('personal_values')
          .set(left)
          .where('seq', '=', told)
          .where('place', '=', place)
          .execute()
      }
    }),
  )
  const left = await row()
  assert.equal(left.actor, '203.0.113.0/24')
  assert.deepEqual(left.detail, { ...unchanged, who: { name: subject, of: ['::/48'] } })
  assert.ok(!JSON.stringify(left).includes('203.0.113.7'))
  assert.ok(!isBroken(await read()))
  assert.equal((await read('&actor=203.0.113.0/24')).length, 2)
  await edit("update personal_values set value = '203.0.114.0/24'")
  assert.ok(isBroken(await read()))
})

test('rows of before there were personal values verify as they are', async () => {
  const rows = await withStore(deployment.directory, ({ read: store }) => readAudit(store, 0, 1))
  const [first] = rows
  assert.ok(first && !('personal' in first))
  assert.equal(verifyAudit(rows).count, 1)
})

const anyPersonal = fc
  .tuple(fc.constantFrom(...personalKinds), fc.oneof(fc.string(), fc.ipV4(), fc.ipV6()))
  .map(([kind, value]) => new Personal(kind, value))
const anyTold = fc.letrec((tie) => ({
  told: fc.oneof(
    { maxDepth: 3 },
    anyPersonal,
    fc.string(),
    fc.maxSafeInteger(),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('told'), { maxLength: 3 }),
    fc.dictionary(fc.string(), tie('told'), { maxKeys: 3 }),
  ),
}))

test('whatever is told, what was sealed opens, and is sealed again as it was', () => {
  const detailOf = fc.dictionary(fc.string(), anyTold.told as fc.Arbitrary<Json>)
  const text = fc.oneof(fc.string(), anyPersonal)
  fc.assert(
    fc.property(text, text, detailOf, fc.func(fc.boolean()), (actor, thing, detail, isKept) => {
      const { sealed, values } = seal({ actor, subject: thing, detail }, rowId)
      const wire = (value: unknown) => JSON.parse(JSON.stringify(value))
      const some: Tables['personal_values'][] = values.filter(({ place }) => isKept(place))
      for (const left of [values, some, []]) {
        const again = sealAgain(wire(openRow(wire(sealed), left)))
        assert.equal(again && canonicalJson(again), canonicalJson(sealed))
      }
    }),
  )
})

test('a commitment is opened by what was committed to, and by nothing else', () => {
  fc.assert(
    fc.property(anyPersonal, anyPersonal, (one, other) => {
      const { hash, opening } = commit(one)
      assert.ok(opens(hash, one.kind, opening))
      const left = opening.exact === null ? null : { hash: exactHash(opening.exact) }
      assert.ok(opens(hash, one.kind, { ...opening, exact: left }))
      const wrong = commit(other)
      assert.ok(!opens(hash, other.kind, wrong.opening))
      assert.notEqual(commit(one).hash, hash)
    }),
  )
})

test('who acts in person is personal, and who is of no known form', () => {
  const parts = [
    'authority',
    'operator',
    'device:dev_1',
    'admin:adm_1',
    'gateway:g.1',
    'client:web',
    'provider:main',
    'acme:acct_1',
    'admin:adm_1 and admin:adm_2',
  ]
  for (const part of parts) assert.equal(personalActor(part), part)
  const people: [string, string][] = [
    ['127.0.0.1', 'address'],
    ['2001:db8::1', 'address'],
    ['operator:Ada', 'operator'],
    ['host:ada', 'operator'],
    ['admin:adm_1 and operator:Ada', 'operator'],
    ['provider:ada@example.com', 'operator'],
    ['something else', 'operator'],
  ]
  for (const [actor, kind] of people) {
    const value = personalActor(actor)
    assert.ok(value instanceof Personal && value.kind === kind && value.value === actor, actor)
  }
})
