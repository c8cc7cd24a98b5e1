import { Problem } from '@sallyport/problem'
import { newId } from '@sallyport/wire'
import type { Kysely } from 'kysely'
import { appendAudit } from '../../audit/audit-log.ts'
import { changed, made } from '../../audit/change.ts'
import { personalActor } from '../../audit/personal.ts'
import { type Page, type PageOrder, readPage } from '../../store/page.ts'
import type { ProposalRow, Tables } from '../../store/tables.ts'
import type { Admin } from '../admin.ts'
import { refuseEndedMaker } from '../maker.ts'

const dayMs = 24 * 3_600_000
/** Nobody agrees to what was meant yesterday. */
const openMs = dayMs
const maxOpenOfPerson = 100

/** A call of the admin API that waits for a second person. */
export type ProposedCall = Pick<
  ProposalRow,
  'operation' | 'method' | 'url' | 'body' | 'role' | 'verb' | 'why'
>

/**
 * Keeps a call until somebody else agrees. Who asks for the same again is answered with the proposal that is
 * open.
 *
 * @throws Problem `too_many_requests` where so many of one person are open, `admin_token_invalid`
 */
export async function propose(
  store: Kysely<Tables>,
  call: ProposedCall,
  { admin, now }: { admin: Admin; now: number },
): Promise<ProposalRow> {
  const { person, actor } = admin
  await refuseEndedMaker(store, { madeBy: admin.id }, now)
  const open = await openProposals(store, now).where('person', '=', person).execute()
  const same = open.find(({ method, url, body }) =>
    [method === call.method, url === call.url, body === call.body].every(Boolean),
  )
  if (same !== undefined) return same
  if (open.length >= maxOpenOfPerson) {
    throw new Problem('too_many_requests', {
      expected: `fewer than ${maxOpenOfPerson} proposals of one person that are open`,
      found: String(open.length),
      retryAfterSeconds: 3_600,
    })
  }
  const row: ProposalRow = {
    ...call,
    id: newId('proposal'),
    proposed_at: now,
    proposed_by: actor,
    person,
    expires_at: now + openMs,
    status: 'open',
    decided_at: null,
    decided_by: null,
    reason: null,
    outcome: null,
  }
  await store.insertInto('proposals').values(row).execute()
  const { operation, url, body, why } = call
  const detail = made({ status: row.status, operation, url, body, why })
  await appendAudit(store, { at: now, actor, action: 'proposal.made', subject: row.id, detail })
  return row
}

export type ProposalDecision = {
  id: string
  status: 'agreed' | 'declined'
  reason: string | undefined
  admin: Admin
  now: number
}

/**
 * Decides a proposal, once: of several that agree at the same time one is first.
 *
 * @throws Problem `not_found`, `proposal_decided`, `proposal_own` where the proposer agrees, `admin_token_invalid`
 */
export async function decideProposal(
  store: Kysely<Tables>,
  { id, status, reason, admin, now }: ProposalDecision,
): Promise<ProposalRow> {
  await refuseEndedMaker(store, { madeBy: admin.id }, now)
  const row = await findProposal(store, id)
  if (row.status !== 'open' || row.expires_at <= now) {
    throw new Problem('proposal_decided', {
      expected: 'a proposal that is open',
      found: row.status === 'open' ? 'one that has expired' : `one that was ${row.status}`,
    })
  }
  if (status === 'agreed' && row.person === admin.person) {
    throw new Problem('proposal_own', {
      expected: 'somebody else than who proposed it',
      found: row.proposed_by,
    })
  }
  return recordDecision(store, row, { status, reason, actor: admin.actor, now })
}

/**
 * Declines what somebody proposed by a token that another one now ends: nobody shall agree to what a thief asked
 * for, or who has left.
 */
export async function declineProposalsOf(
  store: Kysely<Tables>,
  proposer: string,
  { actor, now }: { actor: string; now: number },
): Promise<void> {
  const open = await openProposals(store, now).where('proposed_by', '=', proposer).execute()
  const decision = { status: 'declined', reason: 'its token was revoked', actor, now } as const
  for (const row of open) await recordDecision(store, row, decision)
}

async function recordDecision(
  store: Kysely<Tables>,
  row: ProposalRow,
  {
    status,
    reason = null,
    actor,
    now,
  }: Pick<ProposalDecision, 'status' | 'now'> & {
    reason: string | null | undefined
    actor: string
  },
): Promise<ProposalRow> {
  const { id, operation } = row
  const decided = { status, decided_at: now, decided_by: actor, reason } as const
  await store.updateTable('proposals').set(decided).where('id', '=', id).execute()
  await appendAudit(store, {
    at: now,
    actor,
    action: `proposal.${status}`,
    subject: id,
    detail: {
      operation,
      proposedBy: personalActor(row.proposed_by),
      reason,
      ...changed({ status: row.status }, { status }),
    },
  })
  return { ...row, ...decided }
}

/** Notes what came of a proposal that was agreed to: `done`, or the code of the refusal. */
export async function noteOutcome(
  store: Kysely<Tables>,
  id: string,
  outcome: string,
): Promise<void> {
  await store.updateTable('proposals').set({ outcome }).where('id', '=', id).execute()
}

/** @throws Problem `not_found` */
export async function findProposal(store: Kysely<Tables>, id: string): Promise<ProposalRow> {
  const row = await store
    .selectFrom('proposals')
    .selectAll()
    .where('id', '=', id)
    .executeTakeFirst()
  if (row === undefined) throw new Problem('not_found', { detail: `No proposal ${id}` })
  return row
}

/** Newest first. */
export function listProposals(
  store: Kysely<Tables>,
  { isOpen, now }: { isOpen: boolean; now: number },
  order: PageOrder,
): Promise<Page<ProposalRow>> {
  const all = isOpen ? openProposals(store, now) : store.selectFrom('proposals').selectAll()
  return readPage(all, { time: 'proposed_at', id: 'id', direction: 'desc' }, order)
}

function openProposals(store: Kysely<Tables>, now: number) {
  return store
    .selectFrom('proposals')
    .selectAll()
    .where('status', '=', 'open')
    .where('expires_at', '>', now)
}
