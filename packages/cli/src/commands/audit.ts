import type { AuditVerification } from '@sallyport/authority'
import { isProblem, Problem } from '@sallyport/problem'
import { configuredClient } from '../admin/configured-client.ts'
import type { Operation } from '../command.ts'
import { textOption } from '../input.ts'

const pageSize = 1_000
/** How often a person is told how far it got. */
const progressMs = 1_000

/** Reads the whole audit log page by page and works out every hash anew. */
export const verifyAuditLog: Operation = async (input, output) => {
  const { verifyAudit } = await import('@sallyport/authority')
  const client = configuredClient(input)
  const noted = parseNoted(textOption(input, 'contains'))
  let isNotedSeen = noted === undefined
  let verified: AuditVerification = { count: 0, seq: 0, hash: '' }
  let toldAt = performance.now()
  try {
    for (;;) {
      const query = { after: verified.seq, limit: pageSize }
      const { rows } = await client.call('listAudit', { query })
      verified = verifyAudit(rows, verified)
      isNotedSeen ||= rows.some(({ seq, hash }) => seq === noted?.seq && hash === noted.hash)
      if (rows.length < pageSize) break
      if (performance.now() - toldAt > progressMs) {
        output.say(`${verified.count} rows so far`)
        toldAt = performance.now()
      }
    }
    if (!isNotedSeen) throw missingRow(noted, verified)
  } catch (error) {
    if (!isProblem(error) || error.code !== 'audit_broken') throw error
    output.problem(error)
    return 1
  }
  const { count, seq, hash } = verified
  output.result({ ok: true, rows: count, seq, hash }, `${count} rows, each hash holds`)
  output.say(
    `Note this elsewhere: --contains ${seq}:${hash} proves later that nothing went missing`,
  )
  return 0
}

type Noted = { seq: number; hash: string }

function parseNoted(text: string | undefined): Noted | undefined {
  if (text === undefined) return undefined
  const match = /^(\d{1,15}):([A-Za-z0-9_-]{43})$/.exec(text)
  if (match?.[1] !== undefined && match[2] !== undefined) {
    return { seq: Number(match[1]), hash: match[2] }
  }
  throw new Problem('command_usage', {
    detail: '--contains takes what an earlier `audit verify` printed',
    expected: 'a row number, a colon and 43 characters',
    found: text,
  })
}

function missingRow(noted: Noted | undefined, verified: AuditVerification): Problem {
  return new Problem('audit_broken', {
    detail: `Row ${noted?.seq} is not what was noted, though the chain itself holds`,
    expected: `row ${noted?.seq} with hash ${noted?.hash}`,
    found: `a log that ends with row ${verified.seq}`,
  })
}
