import type { Kysely } from 'kysely'
import type { AppraisalRow, Tables } from '../store/tables.ts'

export type ReportOrder = {
  appIds: readonly string[]
  /** Milliseconds; the first in, the last in. */
  since: number
  until: number
  purpose?: AppraisalRow['purpose'] | undefined
}

/** How appraisals came out. */
export type OutcomeCounts = Record<AppraisalRow['outcome'], number>
export type CountedCheck = { format: string; name: string; code: string }

/** What policy lost, or would have: a name that is not known is ''. */
export type AttestationCounts = {
  since: number
  until: number
  totals: OutcomeCounts
  checks: Map<string, { check: CountedCheck; counts: OutcomeCounts }>
  models: Map<string, OutcomeCounts>
  /** As `android 16`; the platform alone where the version is not known. */
  osVersions: Map<string, OutcomeCounts>
  appVersions: Map<string, OutcomeCounts>
  /** There were more than are counted: the newest are. */
  isTruncated: boolean
}

/** How many appraisals are counted at most, of each app. */
const maxAppraisals = 2_000_000
/** One query counts this many, so that no other request waits long for its turn. */
const sliceRows = 20_000
/** Names come from phones. What is beyond is counted in the totals alone. */
const maxNames = 10_000

/**
 * Counts appraisals by outcome, check, model and versions. It reads an index alone, newest first, in
 * slices between which other requests find their turn.
 */
export async function attestationReport(
  store: Kysely<Tables>,
  order: ReportOrder,
): Promise<AttestationCounts> {
  const { since, until } = order
  const counts: AttestationCounts = {
    since,
    until,
    totals: noCounts(),
    checks: new Map(),
    models: new Map(),
    osVersions: new Map(),
    appVersions: new Map(),
    isTruncated: false,
  }
  for (const appId of order.appIds) {
    let before = until + 1
    let left = maxAppraisals
    while (before > since) {
      if (left <= 0) {
        counts.isTruncated = true
        break
      }
      const from = await sliceStart(store, { appId, since, before })
      for (const group of await countSlice(store, { ...order, appId, from, before })) {
        addGroup(counts, group)
      }
      before = from
      left -= sliceRows
      await new Promise(setImmediate)
    }
  }
  return counts
}

/** The time of the row `sliceRows` before a time, or the beginning. A slice has at least one millisecond. */
async function sliceStart(
  store: Kysely<Tables>,
  { appId, since, before }: { appId: string; since: number; before: number },
): Promise<number> {
  const row = await store
    .selectFrom('appraisals')
    .select('at')
    .where('app_id', '=', appId)
    .where('at', '>=', since)
    .where('at', '<', before)
    .orderBy('at', 'desc')
    .limit(1)
    .offset(sliceRows - 1)
    .executeTakeFirst()
  return row?.at ?? since
}

const grouped = ['outcome', 'platform', 'model', 'os_version', 'app_version', 'failed'] as const
type Group = Pick<AppraisalRow, (typeof grouped)[number]> & { appraisals: number }

function countSlice(
  store: Kysely<Tables>,
  { appId, purpose, from, before }: ReportOrder & { appId: string; from: number; before: number },
): Promise<Group[]> {
  let rows = store
    .selectFrom('appraisals')
    .select(grouped)
    .select((column) => column.fn.countAll<number>().as('appraisals'))
    .where('app_id', '=', appId)
    .where('at', '>=', from)
    .where('at', '<', before)
  if (purpose !== undefined) rows = rows.where('purpose', '=', purpose)
  return rows.groupBy(grouped).execute()
}

function addGroup(counts: AttestationCounts, group: Group): void {
  const { outcome, appraisals } = group
  counts.totals[outcome] += appraisals
  add(counts.models, group.model, group)
  const { platform, os_version: version } = group
  add(counts.osVersions, version === null ? platform : `${platform} ${version}`, group)
  add(counts.appVersions, group.app_version, group)
  if (outcome === 'accepted') return
  for (const check of JSON.parse(group.failed) as CountedCheck[]) {
    const key = `${check.format} ${check.name} ${check.code}`
    const known = counts.checks.get(key)
    const counted = known ?? { check, counts: noCounts() }
    if (known === undefined && counts.checks.size < maxNames) counts.checks.set(key, counted)
    counted.counts[outcome] += appraisals
  }
}

function add(
  names: Map<string, OutcomeCounts>,
  name: string | null,
  { outcome, appraisals }: Group,
): void {
  const key = name ?? ''
  const known = names.get(key)
  const counted = known ?? noCounts()
  if (known === undefined && names.size < maxNames) names.set(key, counted)
  counted[outcome] += appraisals
}

function noCounts(): OutcomeCounts {
  return { accepted: 0, shadowed: 0, refused: 0 }
}
