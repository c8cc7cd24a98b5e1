import { Problem } from '@sallyport/problem'
import type { Kysely } from 'kysely'
import type { AppConfig } from '../config/app-config.ts'
import type { ApprovalRow, DeviceRow, Tables } from '../store/tables.ts'
import type { NewDevice } from '../users/new-device.ts'
import { ofUser } from '../users/of-user.ts'
import { devicesOfUser, userOfNewDevice } from '../users/user-devices.ts'
import { decideApproval, findApproval } from './approval.ts'

/**
 * Whether a new device needs someone's word: always where policy says `required`; where it says
 * `device`, if its user has one. The first device of a user needs nobody; where all others are
 * suspended, an operator is left to ask.
 *
 * Also the same phone with the app installed again waits: what a phone calls itself is a claim, and
 * whoever took the user's token could make it. Where its user has no other device, an operator decides.
 */
export async function needsApproval(store: Kysely<Tables>, device: NewDevice): Promise<boolean> {
  const { approval } = device.app.enrollment
  if (approval === 'required') return true
  const owner = userOfNewDevice(device)
  if (approval === 'none' || owner === undefined) return false
  return (await devicesOfUser(store, owner)).length > 0
}

/** What waits for the word of this device: enrolments of its own user in its own app. */
export async function approvalsFor(
  store: Kysely<Tables>,
  app: AppConfig,
  device: DeviceRow,
  now: number,
): Promise<ApprovalRow[]> {
  const { user_provider, user_subject } = device
  if (app.enrollment.approval !== 'device' || user_provider === null || user_subject === null) {
    return []
  }
  const user = { provider: user_provider, subject: user_subject }
  return store
    .selectFrom('approvals')
    .selectAll()
    .where((row) => row.and(ofUser(user, device.app_id)))
    .where('status', '=', 'pending')
    .where('expires_at', '>', now)
    .orderBy('requested_at')
    .limit(1_000)
    .execute()
}

/**
 * Approves or denies an enrolment in the name of its user, by a device that is active in the very write
 * that decides. What is not its user's, or of another app, is not there for it: apps differ in what they
 * ask of a phone, and the weaker one must not let devices into the stronger.
 *
 * A device may decide from its first minute on. A least age would leave the second phone of a morning to
 * an operator, and stop nobody: who holds one device of a user already has what the user has. Each new
 * device is told to all others and stands in the audit log with the one that let it in.
 *
 * @throws Problem `not_found`, `approval_own_key`, `approval_decided`
 */
export async function decideAsDevice(
  store: Kysely<Tables>,
  app: AppConfig,
  {
    id,
    device,
    status,
    now,
  }: {
    id: string
    /** As it was read in this write. */
    device: DeviceRow
    status: 'approved' | 'denied'
    now: number
  },
): Promise<ApprovalRow> {
  const row = await findApproval(store, id)
  const isItsUsers =
    app.enrollment.approval === 'device' &&
    row.app_id === device.app_id &&
    row.user_subject !== null &&
    row.user_subject === device.user_subject &&
    row.user_provider === device.user_provider
  if (!isItsUsers) throw new Problem('not_found', { detail: `No approval ${id}` })
  const own = await store
    .selectFrom('certificates')
    .select('thumbprint')
    .where('device_id', '=', device.id)
    .where('spki_sha256', '=', row.spki_sha256)
    .executeTakeFirst()
  if (own !== undefined) {
    throw new Problem('approval_own_key', {
      expected: 'another key',
      found: `the key of certificate ${own.thumbprint}, which is its own`,
    })
  }
  return decideApproval(store, {
    id,
    status,
    reason: undefined,
    actor: `device:${device.id}`,
    now,
  })
}
