import type { AdminRevocationList } from '@sallyport/authority'
import { isProblem } from '@sallyport/problem'
import { parseCertificateList } from '@sallyport/pki'
import { spanWords } from '../terminal/span.ts'
import type { DoctorCheck, Finding } from './finding.ts'

const check = 'published status'
const timeoutMs = 3_000
const maxListBytes = 64 * 1024 * 1024
/** Of each CA the full list, and so many shards. */
const mostShards = 2

/**
 * Whether the addresses that stand in certificates answer, with lists that are in date and those that the
 * authority published last. Nothing is said where the authority is not reached: other checks tell of that.
 */
export const publishedStatusCheck: DoctorCheck = {
  name: check,
  examine: async ({ client, now }) => {
    if (client === undefined) return []
    try {
      const { lists } = await client.call('listRevocationLists')
      const some = lists.filter(({ shard }) => shard === null || shard < mostShards)
      const findings = await Promise.all(some.map((list) => examineList(list, now())))
      const wrong = findings.filter(({ verdict }) => verdict !== 'ok')
      return wrong.length > 0 ? mergeAlike(wrong) : findings.slice(0, 1)
    } catch (error) {
      if (isProblem(error)) return []
      throw error
    }
  },
}

/** One name that leads nowhere is wrong with every list at once: it is said once. */
function mergeAlike(findings: readonly Finding[]): Finding[] {
  const alike = Map.groupBy(findings, ({ verdict, found }) => `${verdict} ${found}`)
  return [...alike.values()].flatMap(([first, ...others]) => {
    if (first === undefined) return []
    const more = others.length === 0 ? '' : `, and ${others.length} more lists`
    return [{ ...first, what: `${first.what}${more}` }]
  })
}

async function examineList(list: AdminRevocationList, now: number): Promise<Finding> {
  const what = list.addresses[0] ?? list.issuerId
  const finding = { check, what }
  const own = stateFindings[list.state]
  if (own !== undefined) return { ...finding, ...own }
  try {
    const fetched = parseCertificateList(await fetchList(what), maxListBytes)
    if (fetched.nextUpdate <= now) return { ...finding, ...stale('the list there has lapsed') }
    if (fetched.number < (list.number ?? 0)) {
      return {
        ...finding,
        ...stale(`the list there is ${(list.number ?? 0) - fetched.number} numbers old`),
      }
    }
    const left = spanWords(fetched.nextUpdate - now)
    return {
      ...finding,
      verdict: 'ok',
      found: `${fetched.revoked.size} entries, lapses in ${left}`,
    }
  } catch (error) {
    const found = `certificates say this address, and it does not answer: ${wordsOf(error)}`
    const fix =
      'Have the name lead to authority.listeners.status, over plain HTTP. Where this machine cannot reach it and relying parties can, nothing is wrong.'
    return { ...finding, verdict: 'warn', found, fix }
  }
}

const stateFindings: Readonly<
  Partial<Record<AdminRevocationList['state'], Omit<Finding, 'check' | 'what'>>>
> = {
  lapsed: {
    verdict: 'fail',
    found: 'the list has lapsed: whoever looks at it refuses every device',
    fix: 'Look for REVOCATION LIST NOT ISSUED in the log of the authority. A root whose key is elsewhere: `sallyport ca import-list`.',
  },
  missing: {
    verdict: 'warn',
    found: 'there is no list yet',
    fix: 'Look for REVOCATION LIST NOT ISSUED in the log of the authority. A root whose key is elsewhere: `sallyport ca import-list`.',
  },
}

const stale = (found: string): Pick<Finding, 'verdict' | 'found' | 'fix'> => ({
  verdict: 'warn',
  found,
  fix: 'Something in between keeps lists for longer than their Cache-Control says: let it ask again.',
})

async function fetchList(url: string): Promise<Uint8Array> {
  const answer = await fetch(url, { signal: AbortSignal.timeout(timeoutMs), redirect: 'error' })
  if (answer.status !== 200) throw new Error(`HTTP ${answer.status}`)
  return new Uint8Array(await answer.arrayBuffer())
}

function wordsOf(error: unknown): string {
  if (isProblem(error)) return `${error.message}: ${error.found ?? ''}`
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  return cause instanceof Error ? cause.message : String(cause)
}
