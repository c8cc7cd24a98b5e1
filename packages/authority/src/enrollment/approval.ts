import { Problem } from '@sallyport/problem'
import { newId, type PendingEnrollment } from '@sallyport/wire'
import type { Kysely } from 'kysely'
import { appendAudit } from '../audit/audit-log.ts'
import { changed, made } from '../audit/change.ts'
import { personal } from '../audit/personal.ts'
import type { ApprovalRow, Tables } from '../store/tables.ts'
import { admitRequest } from '../users/admit-device.ts'
import type { NewDevice } from '../users/new-device.ts'
import type { Admission } from './admission.ts'
import { policyGate } from './policy-gate.ts'

const dayMs = 24 * 3_600_000
const waitMs = 7 * dayMs
const maxPendingPerApp = 10_000
/** One address never takes the room of all others. */
const maxPendingPerAddress = 1_000
const pollSeconds = 5

/**
 * Asks for someone's approval, in the transaction that uses the challenge up.
 *
 * @throws Problem `authority_busy` where too many wait already; what `admitRequest` refuses with
 */
export async function requestApproval(
  store: Kysely<Tables>,
  {
    device,
    admission,
    spkiSha256,
    authorizedBy,
  }: {
    device: NewDevice
    admission: Admission
    spkiSha256: string
    /** Of a standard protocol. */
    authorizedBy?: string
  },
): Promise<ApprovalRow> {
  const { appId, app, address, user, now } = device
  await refuseTooMany(store, device)
  await admitRequest(store, device, policyGate(app.enrollment.mode))
  const row: ApprovalRow = {
    id: newId('approval'),
    app_id: appId,
    status: 'pending',
    spki_sha256: spkiSha256,
    admission: JSON.stringify(admission),
    address,
    requested_at: now,
    expires_at: now + waitMs,
    decided_at: null,
    decided_by: null,
    reason: null,
    user_provider: user?.provider ?? null,
    user_subject: user?.subject ?? null,
    device_id: null,
    authorized_by: authorizedBy ?? null,
  }
  await store.insertInto('approvals').values(row).execute()
  await appendAudit(store, {
    at: now,
    actor: address,
    action: 'approval.requested',
    subject: row.id,
    detail: {
      appId,
      ...(user && { provider: user.provider, subject: personal('user', user.subject) }),
      ...made({ status: row.status, spkiSha256 }),
    },
  })
  return row
}

async function refuseTooMany(
  store: Kysely<Tables>,
  { appId, address, now }: { appId: string; address: string; now: number },
): Promise<void> {
  const waiting = await store
    .selectFrom('approvals')
    .select((column) => column.fn.countAll<number>().as('pending'))
    .select((column) =>
      column.fn.countAll<number>().filterWhere('address', '=', address).as('pendingHere'),
    )
    .where('status', '=', 'pending')
    .where('app_id', '=', appId)
    .where('expires_at', '>', now)
    .executeTakeFirstOrThrow()
  const { pending, pendingHere } = waiting
  if (pending < maxPendingPerApp && pendingHere < maxPendingPerAddress) return
  throw new Problem('authority_busy', {
    expected: `fewer than ${maxPendingPerApp} enrolments that wait for approval, and fewer than ${maxPendingPerAddress} of one address`,
    found: `${pending}, and ${pendingHere} of ${address}`,
    retryAfterSeconds: 60,
  })
}

/**
 * Approves or denies an enrolment that waits. Deciding the same again changes nothing.
 *
 * @throws Problem `not_found`, `approval_decided`
 */
export async function decideApproval(
  store: Kysely<Tables>,
  decision: {
    id: string
    status: 'approved' | 'denied'
    reason: string | undefined
    actor: string
    now: number
  },
): Promise<ApprovalRow> {
  const { id, status, now } = decision
  const row = await findApproval(store, id)
  if (row.status === status) return row
  if (row.status !== 'pending' || row.expires_at <= now) {
    throw new Problem('approval_decided', {
      expected: 'an approval that waits',
      found: row.status === 'pending' ? 'one that has expired' : `one that was ${row.status}`,
    })
  }
  const decided: ApprovalRow = {
    ...row,
    status,
    decided_at: now,
    decided_by: decision.actor,
    reason: decision.reason ?? null,
  }
  const { decided_at, decided_by, reason } = decided
  await store
    .updateTable('approvals')
    .set({ status, decided_at, decided_by, reason })
    .where('id', '=', id)
    .execute()
  await appendAudit(store, {
    at: now,
    actor: decision.actor,
    action: `approval.${status}`,
    subject: id,
    detail: { appId: row.app_id, reason, ...changed({ status: row.status }, { status }) },
  })
  return decided
}

/** @throws Problem `not_found` */
export async function findApproval(store: Kysely<Tables>, id: string): Promise<ApprovalRow> {
  const row = await store
    .selectFrom('approvals')
    .selectAll()
    .where('id', '=', id)
    .executeTakeFirst()
  if (row === undefined) throw new Problem('not_found', { detail: `No approval ${id}` })
  return row
}

/**
 * Whether an enrolment that waited may go on.
 *
 * @throws Problem `enrollment_denied`
 */
export function isApproved(row: ApprovalRow, now: number): boolean {
  if (row.status === 'approved') return true
  if (row.status === 'pending' && row.expires_at > now) return false
  throw new Problem('enrollment_denied', {
    expected: 'an approved enrolment',
    found:
      row.status === 'denied'
        ? `denied by ${row.decided_by}: ${row.reason ?? 'no reason given'}`
        : 'no decision in time',
  })
}

/**
 * Notes the device that an approval let in, in the write that enrols it.
 *
 * @returns who approved
 * @throws Problem `enrollment_denied` where it counts no more: its user was forgotten meanwhile
 */
export async function useApproval(
  store: Kysely<Tables>,
  { id, deviceId }: { id: string; deviceId: string },
): Promise<string | null> {
  const used = await store
    .updateTable('approvals')
    .set({ device_id: deviceId })
    .where('id', '=', id)
    .where('status', '=', 'approved')
    .returning('decided_by')
    .executeTakeFirst()
  if (used !== undefined) return used.decided_by
  throw new Problem('enrollment_denied', {
    expected: 'an approved enrolment',
    found: 'one that was denied meanwhile',
  })
}

/** The answer while approval is waited for. */
export function pendingAnswer(approvalId: string, now: number): PendingEnrollment {
  return {
    status: 'pending',
    approvalId,
    retryAfterSeconds: pollSeconds,
    serverTime: new Date(now).toISOString(),
  }
}
