import { type ReasonCode, reasonOf } from '@sallyport/problem'
import type { LaneReport } from '../../receipts/receipts-report.ts'
import type { AppAttestKeyRow } from '../../store/tables.ts'
import type { AttestationStatus } from './attestation-status-messages.ts'
import type { AdminAppAttestKey } from './messages.ts'
import { optionalTime, time } from './present.ts'

export function presentReceipts({
  lane,
  state,
  due,
  dueSince,
  atRisk,
}: LaneReport): AttestationStatus['receipts'][number] {
  const { teamId, maxRiskMetric, onRisk } = lane.team.config
  return {
    teamId,
    environment: lane.lane.environment,
    url: lane.url,
    due,
    dueSince: optionalTime(dueSince),
    maxRiskMetric: maxRiskMetric ?? null,
    onRisk,
    atRisk,
    answeredAt: optionalTime(state?.answered_at),
    nextAttemptAt: optionalTime(state?.next_at),
  }
}

/** Outages that go on. */
export function receiptProblems(reports: readonly LaneReport[]): AttestationStatus['problems'] {
  return reports.flatMap(({ lane: { team, lane, url }, state }) => {
    if (state === undefined || state.fault === null) return []
    // Written by us.
    const code = state.fault as ReasonCode
    const { title, fix } = reasonOf(code)
    const times = state.failures === 1 ? 'once' : `${state.failures} times in a row`
    const detail = `team ${team.config.teamId}, ${lane.environment}: asked ${url} ${times}, next at ${time(state.next_at)} or later`
    const since = time(state.failing_since ?? state.next_at)
    return [{ code, about: 'receipts' as const, title, detail, fix, since }]
  })
}

export function presentAppAttestKey(row: AppAttestKeyRow): AdminAppAttestKey {
  return {
    keyId: row.key_id,
    environment: row.environment,
    riskMetric: row.risk_metric,
    riskEffect: row.risk_effect,
    receiptAt: optionalTime(row.receipt_at),
    receiptExpiresAt: optionalTime(row.receipt_expires_at),
    receiptDueAt: optionalTime(row.receipt_due_at),
    receiptFault: row.receipt_fault,
  }
}
