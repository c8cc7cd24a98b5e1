import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import path from 'node:path'
import { twoApps } from '../fixture/apps.ts'
import { type Deployment, deploy } from '../fixture/deployment.ts'
import {
  byId,
  counts,
  type List,
  type ListedRow,
  lists,
  some,
  tokens,
} from '../fixture/large-lists.ts'
import type { CallOptions } from '../fixture/http-call.ts'
import { addRows } from '../fixture/many-rows.ts'
import {
  rowsRead,
  type SeenStatement,
  sqlitePlan,
  statementsOf,
} from '../fixture/seen-statements.ts'
import { editStore, isPostgres } from '../fixture/store-place.ts'

const ofBank = ({ appId, kind }: ListedRow) => appId === 'bank' && kind === 'device'

describe('lists of a store with a hundred thousand rows', () => {
  let deployment: Deployment
  let issuer = ''
  before(async () => {
    deployment = await deploy({ apps: twoApps })
    const { issuers } = (await deployment.admin('/admin/v1/issuers')).body
    issuer = issuers.find(ofBank).id
    await addRows(deployment.directory, counts)
  })
  after(() => deployment.close())

  /** Waits where so many calls in a second are too many from one address. */
  const admin = async (at: string, options?: CallOptions) => {
    for (;;) {
      const answer = await deployment.admin(at, options)
      if (answer.status !== 429) return answer
      await pause(200)
    }
  }

  const ask = async (list: List, query: string, more: Record<string, string | number>) => {
    const parameters = new URLSearchParams(query.replace('ISSUER', issuer))
    for (const [name, value] of Object.entries(more)) parameters.set(name, String(value))
    const answer = await admin(`/admin/v1/${list.path}?${parameters.toString()}`)
    assert.equal(answer.status, 200, answer.text)
    const [member, parameter] = list.next ?? ['nextCursor', 'cursor']
    const next = answer.body[member]
    return {
      rows: answer.body[list.member] as ListedRow[],
      next: next === undefined ? undefined : { [parameter]: next },
    }
  }

  test('a gateway that reported nothing lately is looked up, not searched for', async () => {
    const seen = await statementsOf(() => admin('/admin/v1/gateways'))
    const receipts = seen.filter(({ text }) => text.includes('from "receipts"'))
    assert.ok(receipts.length > 0)
    for (const statement of receipts) await assertIsBounded(deployment, statement)
  })

  for (const list of lists.filter(({ next }) => next === undefined)) {
    test(`${list.path} refuses a cursor that it never told`, async () => {
      for (const cursor of ['1', 'x.y', '1.', `1.${'a'.repeat(200)}`, "1.a' or 1=1"]) {
        const answer = await admin(`/admin/v1/${list.path}?cursor=${encodeURIComponent(cursor)}`)
        // Of devices it is an id, whether or not there is one.
        if (list.path !== 'devices') assert.equal(answer.status, 400, answer.text)
        else assert.ok([200, 400].includes(answer.status), answer.text)
      }
    })
  }

  for (const list of lists) {
    for (const [query, rows] of list.filters) {
      test(`${list.path}?${query} reads little more than a page`, async () => {
        const limit = 20
        let next: Record<string, string> | undefined = {}
        for (let page = 0; page < 3; page++) {
          if (next === undefined) break
          const more: Record<string, string> = next
          const seen = await statementsOf(async () => {
            const answer = await ask(list, query, { limit, ...more })
            assert.ok(answer.rows.length <= limit)
            if (rows === undefined || rows > limit) assert.equal(answer.rows.length, limit)
            next = answer.next
          })
          assert.ok(seen.some(isOfList))
          for (const statement of seen.filter(isOfList))
            await assertIsBounded(deployment, statement)
        }
      })
      if (rows === undefined) continue
      test(`${list.path}?${query} tells ${rows} rows, each once, and then ends`, async () => {
        const told: string[] = []
        let next: Record<string, string> | undefined = {}
        for (let page = 0; next !== undefined; page++) {
          assert.ok(page < 20, 'it does not end')
          const answer = await ask(list, query, { limit: 1_000, ...next })
          told.push(...answer.rows.map(list.id))
          next = answer.next
        }
        assert.equal(told.length, rows)
        assert.equal(new Set(told).size, rows)
      })
    }
  }

  test('what is made and ended between two pages has no row told twice, and none passed over', async () => {
    const before = await ask(tokens, '', { limit: 1_000 })
    const made = { label: 'between', appId: 'wallet' }
    const told = before.rows.map(tokens.id)
    for (let next = before.next; next !== undefined; ) {
      const answer = await admin('/admin/v1/enrollment-tokens', { body: made })
      assert.equal(answer.status, 201, answer.text)
      const last = told.at(-1) ?? ''
      await editStore(deployment.directory, `delete from enrollment_tokens where id = '${last}'`)
      const page = await ask(tokens, '', { limit: 1_000, ...next })
      told.push(...page.rows.map(tokens.id))
      next = page.next
    }
    assert.equal(told.length, some)
    assert.equal(new Set(told).size, some)
  })

  test('who is narrowed to an app has full pages of what is within it', async () => {
    const body = { label: 'of the bank', role: 'admin', apps: ['bank'] }
    const { token } = (await admin('/admin/v1/admin-tokens', { body })).body
    const headers = { authorization: `Bearer ${token}` }
    const told: string[] = []
    for (let next: string | undefined = ''; next !== undefined; ) {
      const cursor: string = next === '' ? '' : `&cursor=${next}`
      const answer = await admin(`/admin/v1/admin-tokens?limit=700${cursor}`, {
        headers,
      })
      assert.equal(answer.status, 200, answer.text)
      told.push(...answer.body.adminTokens.map(byId))
      next = answer.body.nextCursor
      if (next !== undefined) assert.equal(answer.body.adminTokens.length, 700)
    }
    assert.equal(told.length, some / 4 + 1)
    assert.equal(new Set(told).size, told.length)
  })
})

/**
 * Of pages of twenty rows, whatever PostgreSQL makes of its samples of the tables: half of the smallest of them. Who sorts
 * a table, or walks through it to find the first row, reads more.
 */
const mostRead = some / 2

/** What lists read of the tables with many rows: not who asks, and not what is done by the clock meanwhile. */
function isOfList({ text }: SeenStatement): boolean {
  return (
    Object.keys(counts).some((table) => text.includes(`from "${table}"`)) &&
    !text.includes('"hash" = ') &&
    text.includes('limit')
  )
}

async function assertIsBounded({ directory }: Deployment, statement: SeenStatement): Promise<void> {
  if (isPostgres) {
    const read = await rowsRead(directory, statement)
    assert.ok(read <= mostRead, `${read} rows: ${statement.text}`)
    return
  }
  const plan = sqlitePlan(path.join(directory, 'sallyport.db'), statement)
  // What a filter names is what rows are found by, and not what is left of all there are.
  const named = [...statement.text.matchAll(/"(\w+)" = \?/g)].map(([, column]) => `${column}=?`)
  const found = named.filter((column) => column !== 'chain=?')
  assert.ok(
    found.length === 0 || found.some((column) => plan.join().includes(column)),
    `${plan.join(', ')}: ${statement.text}`,
  )
  for (const step of plan) {
    assert.doesNotMatch(step, /^SCAN (?!.*USING (?:COVERING )?INDEX)/, `${step}: ${statement.text}`)
  }
}
