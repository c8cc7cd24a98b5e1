import type { AuditVerification, ChainHead, Checkpoint } from '@sallyport/authority'
import { isProblem, Problem } from '@sallyport/problem'
import type { AdminClient } from '../admin/admin-client.ts'
import type { AdminOperations } from '../admin/admin-operations.ts'
import { configuredClient } from '../admin/configured-client.ts'
import type { Operation } from '../command.ts'
import { textOption } from '../input.ts'
import type { Output } from '../terminal/output.ts'

const pageSize = 1_000
/** How often a person is told how far it got. */
const progressMs = 1_000
/** The chain of an authority without a name. */
const defaultChain = 'authority'

/**
 * Reads the chains of all authorities page by page, works out every hash anew, and holds each checkpoint
 * against its signature and the rows that it names.
 */
export const verifyAuditLog: Operation = async (input, output) => {
  const client = configuredClient(input)
  const noted = parseNoted(textOption(input, 'contains'))
  try {
    const { chains } = await client.call('listAuditChains', {})
    const checkpoints = await readCheckpoints(client)
    const expected = expectedRows(checkpoints, noted)
    const ends = await verifyChains(client, chains, expected, output)
    return told(ends, checkpoints.length, output)
  } catch (error) {
    if (!isProblem(error) || error.code !== 'audit_broken') throw error
    output.problem(error)
    return 1
  }
}

/** `forgotten`: personal values that rows had, and that are gone. */
type ChainEnd = AuditVerification & { name: string; forgotten: number }

function told(ends: readonly ChainEnd[], checkpoints: number, output: Output): 0 {
  const rows = ends.reduce((sum, { count }) => sum + count, 0)
  const forgotten = ends.reduce((sum, end) => sum + end.forgotten, 0)
  const [only] = ends
  const where = ends.length > 1 ? ` in ${ends.length} chains` : ''
  const chains = ends.map(({ name, seq, hash }) => ({ name, seq, hash }))
  output.result(
    {
      ok: true,
      rows,
      ...(ends.length === 1 && only ? { seq: only.seq, hash: only.hash } : {}),
      chains,
      checkpoints,
      forgotten,
    },
    `${rows} rows${where}, each hash holds`,
  )
  if (checkpoints > 0) output.say(`${checkpoints} checkpoints hold`)
  if (forgotten > 0)
    output.say(`${forgotten} personal values were forgotten: of each its commitment is left`)
  for (const { name, seq, hash } of ends) {
    const chain = name === defaultChain ? '' : `${name}:`
    output.say(
      `Note this elsewhere: --contains ${chain}${seq}:${hash} proves later that nothing went missing`,
    )
  }
  return 0
}

/** By chain and number the hash that a row must have, and who says so. */
type Expected = Map<string, Map<number, { hash: string; by: string }>>

function expectedRows(checkpoints: readonly Checkpoint[], noted: ChainHead | undefined): Expected {
  const expected: Expected = new Map()
  const add = ({ name, seq, hash }: ChainHead, by: string) => {
    const rows = expected.get(name) ?? new Map<number, { hash: string; by: string }>()
    expected.set(name, rows.set(seq, { hash, by }))
  }
  for (const { seq, heads } of checkpoints) {
    for (const head of heads) add(head, `checkpoint ${seq}`)
  }
  if (noted !== undefined) add(noted, 'what was noted')
  return expected
}

async function verifyChains(
  client: AdminClient,
  chains: readonly ChainHead[],
  expected: Expected,
  output: Output,
): Promise<ChainEnd[]> {
  const ends: ChainEnd[] = []
  for (const { name } of chains) ends.push(await verifyChain(client, name, expected, output))
  for (const [name, rows] of expected) {
    const end = ends.find((chain) => chain.name === name) ?? { seq: 0 }
    for (const [seq, { hash, by }] of rows) throw missingRow({ name, seq, hash }, by, end.seq)
  }
  return ends
}

/** Takes from `expected` the rows that are there. */
async function verifyChain(
  client: AdminClient,
  chain: string,
  expected: Expected,
  output: Output,
): Promise<ChainEnd> {
  const { verifyAudit } = await import('@sallyport/authority')
  const wanted = expected.get(chain)
  let verified: AuditVerification = { count: 0, seq: 0, hash: '' }
  let forgotten = 0
  let toldAt = performance.now()
  for (;;) {
    const query = { chain, after: verified.seq, limit: pageSize }
    const { rows } = await client.call('listAudit', { query })
    verified = verifyAudit(rows, verified)
    for (const { seq, hash, personal = [] } of rows) {
      forgotten += personal.filter(({ salt }) => salt === undefined).length
      if (wanted?.get(seq)?.hash === hash) wanted.delete(seq)
    }
    if (rows.length < pageSize) return { name: chain, ...verified, forgotten }
    if (performance.now() - toldAt > progressMs) {
      output.say(`${verified.count} rows so far`)
      toldAt = performance.now()
    }
  }
}

/** All of them, each with a signature that holds. */
async function readCheckpoints(client: AdminClient): Promise<Checkpoint[]> {
  const { verifyCheckpoint } = await import('@sallyport/authority')
  const checkpoints: Checkpoint[] = []
  let after: number | undefined = 0
  while (after !== undefined) {
    const query: { after: number; limit: number } = { after, limit: pageSize }
    const page: AdminOperations['listAuditCheckpoints']['answer'] = await client.call(
      'listAuditCheckpoints',
      { query },
    )
    for (const checkpoint of page.checkpoints) await verifyCheckpoint(checkpoint, page.keys)
    checkpoints.push(...page.checkpoints)
    after = page.nextAfter
  }
  return checkpoints
}

function parseNoted(text: string | undefined): ChainHead | undefined {
  if (text === undefined) return undefined
  const match = /^(?:([a-z0-9.-]{1,64}):)?(\d{1,15}):([A-Za-z0-9_-]{43})$/.exec(text)
  if (match?.[2] !== undefined && match[3] !== undefined) {
    return { name: match[1] ?? defaultChain, seq: Number(match[2]), hash: match[3] }
  }
  throw new Problem('command_usage', {
    detail: '--contains takes what an earlier `audit verify` printed',
    expected:
      'the name of a chain where it has one, a row number, and 43 characters, with colons between',
    found: text,
  })
}

function missingRow({ name, seq, hash }: ChainHead, by: string, last: number): Problem {
  return new Problem('audit_broken', {
    detail: `Row ${seq} of ${name} is not as ${by} has it, though the chain itself holds`,
    expected: `row ${seq} with hash ${hash}`,
    found: `a chain that ends with row ${last}`,
  })
}
