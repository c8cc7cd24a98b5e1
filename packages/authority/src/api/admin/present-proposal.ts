import type { ProposalRow } from '../../store/tables.ts'
import { optionalTime, time } from './present.ts'
import type { AdminProposal } from './proposal-messages.ts'

export function presentProposal(row: ProposalRow, now: number): AdminProposal {
  return {
    id: row.id,
    operation: row.operation,
    path: row.url,
    body: row.body,
    why: row.why,
    status: row.status === 'open' && row.expires_at <= now ? 'expired' : row.status,
    proposedAt: time(row.proposed_at),
    proposedBy: row.proposed_by,
    expiresAt: time(row.expires_at),
    decidedAt: optionalTime(row.decided_at),
    decidedBy: row.decided_by,
    reason: row.reason,
    outcome: row.outcome,
  }
}
