import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import type { AuditRow, AuditVerification, Forgotten } from '@sallyport/authority'
import { isProblem, Problem } from '@sallyport/problem'
import type { AdminClient } from '../admin/admin-client.ts'
import type { AdminOperations } from '../admin/admin-operations.ts'
import { configuredClient } from '../admin/configured-client.ts'
import type { Input, Operation } from '../command.ts'
import { argument, isGiven, numberOption, textOption } from '../input.ts'
import { jsonText } from '../terminal/json-text.ts'
import type { Output } from '../terminal/output.ts'
import { timeTextBefore } from '../time-input.ts'

const pageSize = 1_000
const maxSeq = Number.MAX_SAFE_INTEGER
/** Details are small; a line beyond it is of no log of ours. */
const maxLineCharacters = 1024 * 1024

/** Prints rows that filters let through, newest of them last. */
export const listAudit: Operation = async (input, output) => {
  const limit = numberOption(input, 'limit', { least: 1, most: 1_000 }) ?? 100
  const query = {
    actor: textOption(input, 'actor'),
    action: textOption(input, 'action'),
    subject: textOption(input, 'subject'),
    chain: textOption(input, 'chain'),
    ...spanOf(input),
    after: numberOption(input, 'after', { least: 0, most: maxSeq }),
    limit,
  }
  const page = await configuredClient(input).call('listAudit', { query })
  if (isBeyondEnd(page, query, output)) return 1
  const { rows, nextAfter } = page
  const list = output.list()
  await list.page(rows, auditRow)
  await list.end('No row of the audit log is like that')
  if (nextAfter !== undefined) output.say(`There is more: --after ${nextAfter}`)
  return 0
}

/** @throws Problem `command_usage` where it ends before it begins */
function spanOf(input: Input): { since: string | undefined; until: string | undefined } {
  const now = Date.now()
  const [since, until] = [timeTextBefore(input, 'since', now), timeTextBefore(input, 'until', now)]
  if (since === undefined || until === undefined || since < until) return { since, until }
  throw new Problem('command_usage', {
    detail: '--until lies before --since',
    expected: `a time after ${since}`,
    found: until,
  })
}

type Page = AdminOperations['listAudit']['answer']

/** Nothing came since is one thing; that the log never came so far is another: it was restored, or is not that one. */
function isBeyondEnd(
  { chain, newest }: Page,
  {
    chain: asked,
    after = 0,
  }: { readonly chain?: string | undefined; readonly after?: number | undefined },
  output: Output,
): boolean {
  // An authority that was never asked for anything has no row of its own yet.
  if (newest >= Math.max(after, asked === undefined ? 0 : 1)) return false
  output.say(
    newest === 0
      ? `No authority writes a chain ${chain}: sallyport audit verify names those that there are`
      : `The chain ${chain} ends with row ${newest}, before row ${after}: it was restored from a backup, or this row is of another chain`,
  )
  return true
}

function auditRow({ seq, at, actor, action, subject, detail }: Page['rows'][number]) {
  return {
    seq,
    at: new Date(at).toISOString(),
    actor: shown(actor),
    action,
    subject: shown(subject),
    detail: JSON.stringify(detail),
  }
}

function shown(value: string | Forgotten): string {
  return typeof value === 'string' ? value : 'forgotten'
}

/** Prints rows as they are chained, one JSON a line, page by page: what was printed is never asked again. */
export const exportAudit: Operation = async (input, output) => {
  const { verifyAudit } = await import('@sallyport/authority')
  const client = configuredClient(input)
  let chain = textOption(input, 'chain')
  const from = numberOption(input, 'after', { least: 0, most: maxSeq }) ?? 0
  let last: AuditVerification | undefined
  let after = from
  for (;;) {
    const query = { after, limit: pageSize, ...(chain === undefined ? {} : { chain }) }
    const page = await client.call('listAudit', { query })
    const { rows } = page
    if (isBeyondEnd(page, query, output)) return 1
    // Behind a balancer another authority may answer the next page, of whose chain it would be.
    chain = page.chain
    const [first] = rows
    if (first !== undefined) {
      // Where it goes on from, the row before is what the first one says it is.
      last = verifyAudit(rows, last ?? { count: 0, seq: from, hash: first.previous })
      for (const row of rows) await output.write(`${jsonText(row)}\n`)
      after = last.seq
    }
    if (rows.length < pageSize) break
  }
  if (isGiven(input, 'checkpoints')) await exportCheckpoints(client, output)
  output.say(await exportWords(client, chain, { rows: last?.count ?? 0, after }))
  return 0
}

/** Where it goes on; and of several chains, which it was: another time another authority may answer. */
async function exportWords(
  client: AdminClient,
  chain: string,
  { rows, after }: { rows: number; after: number },
): Promise<string> {
  const counted = `${rows} ${rows === 1 ? 'row' : 'rows'}`
  const { chains } = await client.call('listAuditChains')
  if (chains.length < 2) return `${counted}. Go on later with --after ${after}`
  const names = chains.map(({ name }) => name)
  const all = `There are ${names.length} chains, each an export of its own: ${names.join(', ')}`
  return `${counted} of the chain ${chain}. Go on later with --chain ${chain} --after ${after}\n${all}`
}

async function exportCheckpoints(client: AdminClient, output: Output): Promise<void> {
  for (let after: number | undefined = 0; after !== undefined; ) {
    const query: { after: number; limit: number } = { after, limit: pageSize }
    const page: AdminOperations['listAuditCheckpoints']['answer'] = await client.call(
      'listAuditCheckpoints',
      { query },
    )
    for (const checkpoint of page.checkpoints) {
      await output.write(`${jsonText({ checkpoint })}\n`)
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
