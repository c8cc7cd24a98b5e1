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
  const { platform, kind, appVersion, model, claimant } = readAdmission(row.admission)
  // As `earlierInstallations` finds them.
  const isReplaced = (device: DeviceRow) =>
    claimant?.isProven === true &&
    device.phone_id !== null &&
    device.phone_id === claimant.phoneId &&
    device.platform === platform &&
    device.development === (kind === 'development' ? 1 : 0) &&
    device.status === 'active'
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
