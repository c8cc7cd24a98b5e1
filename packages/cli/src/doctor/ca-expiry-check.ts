import { X509Certificate } from 'node:crypto'
import { isProblem } from '@sallyport/problem'
import type { AdminOperations } from '../admin/admin-operations.ts'
import { momentWords } from '../terminal/span.ts'
import type { DoctorCheck, Finding } from './finding.ts'

type Listed = AdminOperations['listIssuers']['answer']

const check = 'ends of CAs'
const dayMs = 24 * 3_600_000
/** A CA that issues is followed by another in an hour; a root needs a ceremony, and every app that pins it a release. */
const warnWithinMs = { issuer: 90 * dayMs, root: 365 * dayMs } as const

/** When CAs that issue and their roots end. Nothing is said where the authority is not reached: other checks tell of that. */
export const caExpiryCheck: DoctorCheck = {
  name: check,
  examine: async ({ client, now }) => {
    if (client === undefined) return []
    try {
      return caExpiryFindings(await client.call('listIssuers'), now())
    } catch (error) {
      if (isProblem(error)) return []
      throw error
    }
  },
}

/** What ends soon, or did; or which of them ends first. */
export function caExpiryFindings(
  { issuers, roots }: Pick<Listed, 'issuers' | 'roots'>,
  now: number,
): Finding[] {
  const ends = [
    ...newestOfLanes(issuers, now).map(issuerEnd),
    ...roots.map(({ kind, certificate }): End => {
      const at = new X509Certificate(certificate).validToDate.getTime()
      const fix = 'Make another root: docs/guide/ca-operations.md. Apps that pin it need a release.'
      return { of: 'root', what: `${kind} root`, at, fix }
    }),
  ].toSorted((a, b) => a.at - b.at)
  const findings = ends.map((end) => findingOf(end, now))
  const wrong = findings.filter(({ verdict }) => verdict !== 'ok')
  return wrong.length > 0 ? wrong : findings.slice(0, 1)
}

type End = { of: keyof typeof warnWithinMs; what: string; at: number; fix: string }

function issuerEnd({ appId, kind, lane, notAfter }: Listed['issuers'][number]): End {
  const what = ['CA of', appId, kind, lane].filter((word) => word !== '').join(' ')
  const fix = `sallyport ca rotate ${appId}: devices go over to the new one as they renew.`
  return { of: 'issuer', what, at: Date.parse(notAfter), fix }
}

/** The one that issues of each app, kind and lane: those before it end with the certificates they issued. */
function newestOfLanes(issuers: Listed['issuers'], now: number): Listed['issuers'] {
  const begun = issuers.filter(
    ({ status, issuesFrom }) => status === 'active' && Date.parse(issuesFrom) <= now,
  )
  const lanes = Map.groupBy(begun, ({ appId, kind, lane }) => `${appId} ${kind} ${lane}`)
  return [...lanes.values()].flatMap(
    (some) => some.toSorted((a, b) => b.issuesFrom.localeCompare(a.issuesFrom))[0] ?? [],
  )
}

function findingOf({ of, what, at, fix }: End, now: number): Finding {
  const verb = at <= now ? 'ended' : 'ends'
  const found = `${verb} ${new Date(at).toISOString().slice(0, 10)}, ${momentWords(at, now)}`
  if (at <= now) return { check, what, verdict: 'fail', found, fix }
  if (at - now < warnWithinMs[of]) return { check, what, verdict: 'warn', found, fix }
  return { check, what, verdict: 'ok', found }
}
