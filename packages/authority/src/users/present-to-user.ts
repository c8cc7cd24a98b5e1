import type { Platform, UserApprovals, UserDevices } from '@sallyport/wire'
import { readAdmission } from '../enrollment/admission.ts'
import type { ApprovalRow, DeviceRow } from '../store/tables.ts'

/** A device as its user is told of it. */
export function presentDevice(row: DeviceRow, callerId: string): UserDevices['devices'][number] {
  return {
    deviceId: row.id,
    ...(row.model === null ? {} : { model: row.model }),
    platform: row.platform as Platform,
    status: row.status === 'suspended' ? 'suspended' : 'active',
    enrolledAt: time(row.enrolled_at),
    current: row.id === callerId,
  }
}

/** An enrolment that waits, as the user whose device it would be is told of it. */
export function presentRequest(
  row: ApprovalRow,
  devices: readonly DeviceRow[],
): UserApprovals['approvals'][number] {
  const { platform, appVersion, model, claimant } = readAdmission(row.admission)
  const isReplaced = ({ phone_id, platform: its, status }: DeviceRow) =>
    claimant?.isProven === true &&
    phone_id !== null &&
    phone_id === claimant.phoneId &&
    its === platform &&
    status === 'active'
  return {
    approvalId: row.id,
    ...(model === null ? {} : { model }),
    platform,
    appVersion,
    address: row.address,
    replaces: devices.filter(isReplaced).map(({ id }) => id),
    requestedAt: time(row.requested_at),
    expiresAt: time(row.expires_at),
  }
}

const time = (milliseconds: number): string => new Date(milliseconds).toISOString()
