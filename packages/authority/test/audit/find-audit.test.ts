import assert from 'node:assert/strict'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import { CompiledQuery } from 'kysely'
import { findAudit, pageOf, spanOf } from '../../src/audit/find-audit.ts'
import { openStore, type Store, type StoreLocation } from '../../src/store/store.ts'
import type { AuditTableRow } from '../../src/store/tables.ts'
import { type Cluster, postgresIsMissing, startCluster } from '../fixture/postgres-cluster.ts'

const chain = 'authority'
const rows = 50_000
const perInsert = 1_000
const beganAt = Date.UTC(2027, 0, 1)
/** A row each second. */
const timeOf = (seq: number) => beganAt + seq * 1_000

/** A chain that is long, and another one beside it; hashes chain nothing here. */
async function fill(store: Store): Promise<void> {
  for (let from = 1; from <= rows; from += perInsert) {
    const values = Array.from({ length: perInsert }, (_, index): AuditTableRow => {
      const seq = from + index
      return {
        chain,
        seq,
        at: timeOf(seq),
        actor: `admin:adm_${seq % 7}`,
        action: seq % 10 === 0 ? 'device.revoked' : 'device.enrolled',
        subject: `dev_${seq}`,
        detail: '{}',
        previous: '',
        hash: String(seq),
      }
    })
    await store.write(async (tx) => {
      await tx.insertInto('audit').values(values).execute()
      const other = values.slice(0, 10).map((row) => ({ ...row, chain: 'other' }))
      await tx.insertInto('audit').values(other).execute()
    })
  }
}

const query = (store: Store, filter: Parameters<typeof findAudit>[1], after = 0, limit = 100) =>
  findAudit(store.read, filter, { chain, after, limit })
const seqsOf = (found: readonly { seq: number }[]) => found.map(({ seq }) => Number(seq))

/** The whole of it, page by page. */
async function allOf(store: Store, filter: Parameters<typeof findAudit>[1], limit: number) {
  const seqs: number[] = []
  for (let pages = 0; pages < 1_000; pages++) {
    const found = seqsOf(await query(store, filter, seqs.at(-1) ?? 0, limit))
    seqs.push(...found)
    if (found.length < limit) return seqs
  }
  return assert.fail('no end')
}

const spans = [
  { name: 'a few rows', first: 20_000, last: 20_099 },
  { name: 'a quarter of the log', first: 20_000, last: 32_499 },
]

const engines: readonly {
  name: string
  skip: string | false
  open: () => Promise<{
    location: StoreLocation
    end: () => Promise<void>
    tidy?: () => Promise<void>
  }>
  /** What the plan of a query says, by what it must hold. */
  explain: string
  usesTimes: RegExp
  usesNumbers: RegExp
  readsAll: RegExp
}[] = [
  {
    name: 'SQLite',
    skip: false,
    open: () => {
      const directory = mkdtempSync(path.join(tmpdir(), 'sallyport-audit-'))
      const location = { path: path.join(directory, 'sallyport.db') }
      return Promise.resolve({ location, end: () => Promise.resolve() })
    },
    explain: 'explain query plan',
    usesTimes: /USING COVERING INDEX audit_by_time \(chain=\? AND at>\? AND at<\?\)/,
    usesNumbers: /USING INDEX sqlite_autoindex_audit\w*_1 \(chain=\? AND seq>\? AND seq<\?\)/,
    readsAll: /SCAN|TEMP B-TREE/,
  },
  {
    name: 'PostgreSQL',
    skip: postgresIsMissing(),
    open: async () => {
      const cluster: Cluster = await startCluster()
      const at = { host: cluster.directory, port: cluster.port, database: 'sallyport' }
      const user = { user: 'postgres', password: () => Promise.resolve('') }
      const location = { postgres: { ...at, ...user, schema: 'sallyport', maxConnections: 2 } }
      // As autovacuum leaves it.
      const tidy = () => cluster.run('vacuum analyze sallyport.audit')
      return { location, end: () => cluster.close(), tidy }
    },
    explain: 'explain',
    usesTimes: /Index Only Scan using audit_by_time/,
    // Of a few rows it may look at the times, and sort them.
    usesNumbers: /Index Scan using audit_(?:chain_key|by_time).*\n.*Index Cond: .*seq >= .*seq <= /,
    readsAll: /Seq Scan/,
  },
]

for (const engine of engines) {
  describe(`the audit log, asked by time, on ${engine.name}`, { skip: engine.skip }, () => {
    let store: Store
    let end: () => Promise<void>
    before(async () => {
      const { location, tidy, ...opened } = await engine.open()
      end = opened.end
      store = await openStore(location)
      await fill(store)
      await tidy?.()
    })
    after(async () => {
      await store.close()
      await end()
    })

    test('tells the rows of a span in pages, each once', async () => {
      const span = { since: timeOf(20_000), until: timeOf(20_950) }
      const expected = Array.from({ length: 950 }, (_, index) => 20_000 + index)
      assert.deepEqual(await allOf(store, span, 100), expected)
      assert.deepEqual(seqsOf(await query(store, { since: timeOf(49_999) })), [49_999, 50_000])
      assert.deepEqual(seqsOf(await query(store, { until: timeOf(3) })), [1, 2])
      assert.deepEqual(await query(store, { since: timeOf(60_000) }), [])
      assert.deepEqual(await query(store, span, 20_949), [])
    })

    test('asks for time and what happened at once', async () => {
      const span = { since: timeOf(20_000), until: timeOf(20_100) }
      const revoked = await allOf(store, { ...span, action: 'device.revoked' }, 3)
      assert.deepEqual(revoked, [20_000, ...Array.from({ length: 9 }, (_, i) => 20_010 + i * 10)])
      const one = await query(store, { ...span, subject: 'dev_20007' })
      assert.deepEqual(seqsOf(one), [20_007])
    })

    test('misses no row of a clock that was set back', async () => {
      await store.write((tx) =>
        tx
          .updateTable('audit')
          .set({ at: timeOf(100) })
          .where('chain', '=', chain)
          .where('seq', '=', 40_000)
          .execute(),
      )
      const span = { since: timeOf(99), until: timeOf(102) }
      assert.deepEqual(await allOf(store, span, 2), [99, 100, 101, 40_000])
    })

    const planOf = async (asked: ReturnType<typeof pageOf> | ReturnType<typeof spanOf>) => {
      const { sql: text, parameters } = asked.compile()
      const explained = CompiledQuery.raw(`${engine.explain} ${text}`, [...parameters])
      const { rows: lines } = await store.read.executeQuery<Record<string, unknown>>(explained)
      return lines.map((line) => String(line['detail'] ?? line['QUERY PLAN'])).join('\n')
    }

    for (const { name, first, last } of spans) {
      test(`reads an index and the page, and not the table, of ${name}`, async (t) => {
        const filter = { since: timeOf(first), until: timeOf(last + 1) }
        const place = { chain, after: 0, limit: 100 }
        const span = await planOf(spanOf(store.read, place, filter))
        const page = await planOf(pageOf(store.read, filter, place, { first, last }))
        t.diagnostic(`span: ${span}`)
        t.diagnostic(`page: ${page}`)
        assert.match(span, engine.usesTimes)
        assert.match(page, engine.usesNumbers)
        for (const plan of [span, page]) assert.doesNotMatch(plan, engine.readsAll)
      })
    }
  })
}
