import { Problem } from '@sallyport/problem'
import type { Kysely } from 'kysely'
import { appendAudit } from '../audit/audit-log.ts'
import { changeStatuses } from '../devices/device-status.ts'
import type { DeviceRow, Tables } from '../store/tables.ts'
import type { StoredForm } from './find-user.ts'
import { forgottenMark } from './forgotten-mark.ts'
import { told } from './told-of.ts'

/** At once; whoever has more is forgotten in rounds. */
const maxDevices = 500

export type Forgetting = {
  id: string
  /** As `storedForms` says. */
  forms: readonly StoredForm[]
  /** What came later stays: of somebody who came back after a backup was made. */
  before: number | undefined
  /** Whether devices that count are revoked; else they refuse it. */
  isRevoking: boolean
  reason: string | undefined
  actor: string
  now: number
}

export type Forgot = {
  devices: number
  revoked: number
  approvals: number
  /** Personal values beside the audit log. */
  values: number
  isMore: boolean
}

/** The devices of a user that count: forgetting their user ends them. */
export async function liveDevices(
  store: Kysely<Tables>,
  forgetting: Pick<Forgetting, 'forms' | 'before'>,
): Promise<DeviceRow[]> {
  return (await devicesOf(store, forgetting)).filter(isLive)
}

function isLive({ status }: DeviceRow): boolean {
  return status === 'active' || status === 'suspended'
}

/**
 * Forgets a user, in one write: their devices are revoked, and the rows of those stay, since their end must be
 * known, with nothing in them that says whose they were. Again, it finds nothing. The audit log tells of it
 * without saying of whom.
 *
 * @throws Problem `user_has_devices`
 */
export async function forgetUser(tx: Kysely<Tables>, forgetting: Forgetting): Promise<Forgot> {
  const { id, isRevoking, reason, actor, now } = forgetting
  const devices = await devicesOf(tx, forgetting)
  const live = devices.filter(isLive)
  if (live.length > 0 && !isRevoking) throw hasDevices(live.length)
  if (live.length > 0) {
    const changes = live.map((device) => ({ device, reason: reason ?? null }))
    await changeStatuses(tx, changes, { status: 'revoked', actor, now })
  }
  const deviceIds = devices.map((device) => device.id)
  const approvalIds = await approvalsOf(tx, forgetting)
  const rows = await told(tx, { id, about: [...deviceIds, ...approvalIds] })
  const values = await forgetValues(tx, rows)
  await blankDevices(tx, deviceIds)
  const barred = devices.filter(({ status }) => status === 'revoked' || status === 'suspended')
  await blankKeys(tx, deviceIds, { barred: barred.map((device) => device.id) })
  await blankApprovals(tx, approvalIds, { actor, now })
  const isMore = devices.length === maxDevices || approvalIds.length === maxDevices
  const forgot = {
    devices: devices.length,
    revoked: live.length,
    approvals: approvalIds.length,
    values,
  }
  await tx
    .insertInto('forgotten_users')
    .values({ id, forgotten_at: now })
    .onConflict((conflict) => conflict.column('id').doUpdateSet({ forgotten_at: now }))
    .execute()
  // Of nobody, nothing happened.
  if (Object.values(forgot).some((count) => count > 0)) {
    const mark = forgottenMark(id)
    const detail = { before: forgot, after: null, reason: reason ?? null, mark }
    await appendAudit(tx, { at: now, actor, action: 'user.forgotten', subject: 'user', detail })
  }
  return { ...forgot, isMore }
}

function hasDevices(live: number): Problem {
  return new Problem('user_has_devices', {
    expected: 'a user without devices that count, or leave to revoke them',
    found: `${live} of them`,
  })
}

function devicesOf(
  store: Kysely<Tables>,
  { forms, before = Number.MAX_SAFE_INTEGER }: Pick<Forgetting, 'forms' | 'before'>,
): Promise<DeviceRow[]> {
  return store
    .selectFrom('devices')
    .selectAll()
    .where((row) => row.or(forms.map((form) => row.and(form))))
    .where('enrolled_at', '<=', before)
    .limit(maxDevices)
    .execute()
}

async function approvalsOf(
  store: Kysely<Tables>,
  { forms, before = Number.MAX_SAFE_INTEGER }: Pick<Forgetting, 'forms' | 'before'>,
): Promise<string[]> {
  const rows = await store
    .selectFrom('approvals')
    .select('id')
    .where((row) => row.or(forms.map((form) => row.and(form))))
    .where('requested_at', '<=', before)
    .limit(maxDevices)
    .execute()
  return rows.map(({ id }) => id)
}

async function forgetValues(
  tx: Kysely<Tables>,
  rows: readonly { chain: string; seqs: readonly number[] }[],
): Promise<number> {
  let values = 0
  for (const { chain, seqs } of rows) {
    const { numDeletedRows } = await tx
      .deleteFrom('personal_values')
      .where('chain', '=', chain)
      .where('seq', 'in', seqs)
      // Who of the operators did something is not the user's to be forgotten.
      .where('kind', '!=', 'operator')
      .executeTakeFirst()
    values += Number(numDeletedRows)
  }
  return values
}

async function blankDevices(tx: Kysely<Tables>, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return
  const blank = {
    user_provider: null,
    user_subject: null,
    phone_id: null,
    enrolled_from: null,
    enrolled_network: null,
    identifier: null,
    appraisal_id: null,
  }
  await tx.updateTable('devices').set(blank).where('id', 'in', ids).execute()
  for (const table of ['appraisals', 'decisions', 'attestation_serials'] as const) {
    await tx.deleteFrom(table).where('device_id', 'in', ids).execute()
  }
}

/**
 * Forgetting somebody lifts no revocation: of a device that was barred before, the App Attest key stays, which its
 * installation is recognised by, and nothing of what Apple said of it. Those that end with their user alone
 * count for nothing against whoever has them next.
 */
async function blankKeys(
  tx: Kysely<Tables>,
  ids: readonly string[],
  { barred }: { barred: readonly string[] },
): Promise<void> {
  const others = ids.filter((id) => !barred.includes(id))
  if (others.length > 0) {
    await tx.deleteFrom('app_attest_keys').where('device_id', 'in', others).execute()
  }
  if (barred.length === 0) return
  const blank = {
    receipt: null,
    receipt_not_before: null,
    receipt_expires_at: null,
    receipt_at: null,
    receipt_due_at: null,
    receipt_fault: null,
    risk_metric: null,
    risk_effect: null,
  }
  await tx.updateTable('app_attest_keys').set(blank).where('device_id', 'in', barred).execute()
}

/** What still waits is denied: nobody is left to wait for. Who denied something before stays known. */
async function blankApprovals(
  tx: Kysely<Tables>,
  ids: readonly string[],
  { actor, now }: { actor: string; now: number },
): Promise<void> {
  if (ids.length === 0) return
  const blank = { user_provider: null, user_subject: null, address: '', admission: '{}' }
  await tx.updateTable('approvals').set(blank).where('id', 'in', ids).execute()
  const denied = { status: 'denied' as const, decided_at: now, decided_by: actor, reason: null }
  await tx
    .updateTable('approvals')
    .set(denied)
    .where('id', 'in', ids)
    .where('status', '!=', 'denied')
    .where('device_id', 'is', null)
    .execute()
}
