import { isProblem } from '@sallyport/problem'
import type { AdminOperations } from '../admin/admin-operations.ts'
import type { DoctorCheck, Finding } from './finding.ts'

type Listed = AdminOperations['listIssuers']['answer']
type Scope = { readonly appId: string; readonly kind: string; readonly lane: string }

const check = 'issuing CAs'

/**
 * Whether a CA issues wherever one was asked for: where the key of the root is offline, a new app, lane or kind waits
 * for its certificate, and nobody enrols there meanwhile. Nothing is said where the authority is not reached.
 */
export const issuerCheck: DoctorCheck = {
  name: check,
  examine: async ({ client, now }) => {
    if (client === undefined) return []
    try {
      return issuerFindings(await client.call('listIssuers'), now())
    } catch (error) {
      if (isProblem(error)) return []
      throw error
    }
  },
}

/** What is to be said of these: each request that waits, or that none does. */
export function issuerFindings(
  { issuers, requests }: Pick<Listed, 'issuers' | 'requests'>,
  now: number,
): Finding[] {
  if (requests.length > 0) return requests.map((request) => waitingFinding(request, issuers, now))
  const found = 'no request waits for the root'
  return [{ check, verdict: 'ok', what: `${issuers.length} in all`, found }]
}

function waitingFinding(
  request: Listed['requests'][number],
  issuers: Listed['issuers'],
  now: number,
): Finding {
  const { id, appId, kind, lane } = request
  const what = [appId, kind, lane].filter((part) => part !== '').join(' ')
  const fix = `sallyport ca export ${id} --out ca.csr, have the root issue it (sallyport ca list prints the lines), then sallyport ca import.`
  const issues = issuers.some((issuer) => isLike(issuer, request) && issuesAt(issuer, now))
  return issues
    ? { check, verdict: 'warn', what, found: 'the next one waits for the root', fix }
    : { check, verdict: 'fail', what, found: 'none issues: its request waits for the root', fix }
}

function isLike(one: Scope, other: Scope): boolean {
  return one.appId === other.appId && one.kind === other.kind && one.lane === other.lane
}

function issuesAt({ status, issuesFrom }: Listed['issuers'][number], now: number): boolean {
  return status === 'active' && Date.parse(issuesFrom) <= now
}
