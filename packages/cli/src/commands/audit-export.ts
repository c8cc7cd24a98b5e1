import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import type { AuditRow, AuditVerification, Forgotten } from '@sallyport/authority'
import { isProblem, Problem } from '@sallyport/problem'
import type { AdminClient } from '../admin/admin-client.ts'
import type { AdminOperations } from '../admin/admin-operations.ts'
import { configuredClient } from '../admin/configured-client.ts'
import type { Operation } from '../command.ts'
import { argument, isGiven, numberOption, textOption } from '../input.ts'
import type { Output } from '../terminal/output.ts'

const pageSize = 1_000
const maxSeq = Number.MAX_SAFE_INTEGER
/** Details are small; a line beyond it is of no log of ours. */
const maxLineCharacters = 1024 * 1024

/** Prints rows that filters let through, newest of them last. */
export const listAudit: Operation = async (input, output) => {
  const limit = numberOption(input, 'limit', { least: 1, most: 1_000 }) ?? 100
  const names = ['actor', 'action', 'subject', 'since', 'until', 'chain'] as const
  const given = names.map((name) => [name, textOption(input, name)] as const)
  const filter = Object.fromEntries(given.filter(([, value]) => value !== undefined))
  const after = numberOption(input, 'after', { least: 0, most: maxSeq })
  const query = { ...filter, limit, ...(after === undefined ? {} : { after }) }
  const { rows, nextAfter } = await configuredClient(input).call('listAudit', { query })
  const told = rows.map(({ seq, at, actor, action, subject, detail }) => ({
    seq,
    at: new Date(at).toISOString(),
    actor: shown(actor),
    action,
    subject: shown(subject),
    detail: JSON.stringify(detail),
  }))
  output.table(told, { empty: 'No row of the audit log is like that' })
  if (nextAfter !== undefined) output.say(`There is more: --after ${nextAfter}`)
  return 0
}

function shown(value: string | Forgotten): string {
  return typeof value === 'string' ? value : 'forgotten'
}

/** Prints rows as they are chained, one JSON a line, page by page: what was printed is never asked again. */
export const exportAudit: Operation = async (input, output) => {
  const { verifyAudit } = await import('@sallyport/authority')
  const client = configuredClient(input)
  const chain = textOption(input, 'chain')
  const from = numberOption(input, 'after', { least: 0, most: maxSeq }) ?? 0
  let last: AuditVerification | undefined
  let after = from
  for (;;) {
    const query = { after, limit: pageSize, ...(chain === undefined ? {} : { chain }) }
    const { rows } = await client.call('listAudit', { query })
    const [first] = rows
    if (first !== undefined) {
      // Where it goes on from, the row before is what the first one says it is.
      last = verifyAudit(rows, last ?? { count: 0, seq: from, hash: first.previous })
      for (const row of rows) output.result(row, JSON.stringify(row))
      after = last.seq
    }
    if (rows.length < pageSize) break
  }
  if (isGiven(input, 'checkpoints')) await exportCheckpoints(client, output)
  output.say(`${last?.count ?? 0} rows. Go on later with --after ${after}`)
  return 0
}

async function exportCheckpoints(client: AdminClient, output: Output): Promise<void> {
  for (let after: number | undefined = 0; after !== undefined; ) {
    const query: { after: number; limit: number } = { after, limit: pageSize }
    const page: AdminOperations['listAuditCheckpoints']['answer'] = await client.call(
      'listAuditCheckpoints',
      { query },
    )
    for (const checkpoint of page.checkpoints) {
      output.result({ checkpoint }, JSON.stringify({ checkpoint }))
    }
    after = page.nextAfter
  }
}

/** Works out every hash of an export anew, on any machine. */
export const checkAuditExport: Operation = async (input, output) => {
  const { verifyAudit } = await import('@sallyport/authority')
  const file = argument(input, 0)
  const lines = createInterface({ input: createReadStream(file), crlfDelay: Infinity })
  let verified: AuditVerification | undefined
  let first = 0
  try {
    for await (const line of lines) {
      const row = readLine(line)
      // Whether it is signed is told by whoever has the key: `audit verify`, `store restore`.
      if ('checkpoint' in row) continue
      if (verified === undefined) first = row.seq
      const before = verified ?? { count: 0, seq: row.seq - 1, hash: row.previous }
      verified = verifyAudit([row], before)
    }
  } catch (error) {
    if (!isProblem(error) || error.code !== 'audit_broken') throw error
    output.problem(error)
    return 1
  }
  const { count = 0, seq = 0, hash = '' } = verified ?? {}
  output.result({ ok: true, rows: count, first, seq, hash }, `${count} rows, each hash holds`)
  if (first > 1)
    output.say(`It begins with row ${first}: the export before must end with the row before`)
  return 0
}

function readLine(line: string): AuditRow {
  try {
    if (line.length > maxLineCharacters) throw new RangeError('a line that is too long')
    return JSON.parse(line) as AuditRow
  } catch (cause) {
    throw new Problem('audit_broken', {
      expected: 'a row of the audit log as JSON, a line each',
      found: cause instanceof Error ? cause.message : 'something else',
      cause,
    })
  }
}
