import { toPem } from '@sallyport/pki'
import type { Assurance, Platform } from '@sallyport/wire'
import { scopeOf } from '../../admin/admin-token.ts'
import type { Role } from '../../admin/roles.ts'
import { readAdmission } from '../../enrollment/admission.ts'
import type {
  AdminTokenRow,
  ApprovalRow,
  CertificateRow,
  DeviceRow,
  EnrollmentTokenRow,
  GatewayRow,
} from '../../store/tables.ts'
import type { AdminTokenInfo } from './admin-token-messages.ts'
import type {
  AdminApproval,
  AdminCertificate,
  AdminDevice,
  AdminEnrollmentToken,
  AdminGateway,
} from './messages.ts'

// Rows of the store as the admin API tells them. Closed sets were checked when they were written.

export function time(ms: number): string {
  return new Date(ms).toISOString()
}

export function optionalTime(ms: number | null | undefined): string | null {
  return ms === null || ms === undefined ? null : time(ms)
}

export function presentDevice(row: DeviceRow): AdminDevice {
  return {
    id: row.id,
    appId: row.app_id,
    trustDomain: row.trust_domain,
    status: row.status,
    statusReason: row.status_reason,
    statusChangedAt: time(row.status_changed_at),
    development: row.development === 1,
    assurance: row.assurance as Assurance,
    platform: row.platform as Platform,
    appVersion: row.app_version,
    model: row.model,
    osVersion: row.os_version,
    osPatchLevel: row.os_patch_level,
    provenFacts: JSON.parse(row.proven_facts) as AdminDevice['provenFacts'],
    batch: row.batch,
    userProvider: row.user_provider,
    userSubject: row.user_subject,
    phoneId: row.phone_id,
    protocol: row.protocol,
    identifier: row.identifier,
    enrolledFrom: row.enrolled_from,
    evidenceFormat: row.evidence_format,
    appraisedAt: time(row.appraised_at),
    enrolledAt: time(row.enrolled_at),
    expiresAt: time(row.expires_at),
    shadow: row.shadow === null ? [] : (JSON.parse(row.shadow) as AdminDevice['shadow']),
  }
}

export function presentCertificate(row: CertificateRow): AdminCertificate {
  return {
    thumbprint: row.thumbprint,
    serial: row.serial,
    deviceId: row.device_id,
    appId: row.app_id,
    status: row.status,
    predecessor: row.predecessor,
    successor: row.successor,
    notBefore: time(row.not_before),
    notAfter: time(row.not_after),
    issuedAt: time(row.issued_at),
    usedAt: optionalTime(row.used_at),
    certificate: toPem('CERTIFICATE', row.der),
  }
}

export function presentEnrollmentToken(row: EnrollmentTokenRow, now: number): AdminEnrollmentToken {
  return {
    id: row.id,
    appId: row.app_id,
    label: row.label,
    status: tokenStatus(row, now),
    createdAt: time(row.created_at),
    createdBy: row.created_by,
    madeBy: row.made_by,
    expiresAt: time(row.expires_at),
    usedAt: optionalTime(row.used_at),
    usedFor: row.used_for,
  }
}

function tokenStatus(row: EnrollmentTokenRow, now: number): AdminEnrollmentToken['status'] {
  if (row.used_at !== null) return 'used'
  if (row.revoked_at !== null) return 'revoked'
  return row.expires_at <= now ? 'expired' : 'usable'
}

export function presentApproval(row: ApprovalRow, now: number): AdminApproval {
  const admission = readAdmission(row.admission)
  const isExpired = row.status === 'pending' && row.expires_at <= now
  return {
    id: row.id,
    appId: row.app_id,
    status: isExpired ? 'expired' : row.status,
    address: row.address,
    spkiSha256: row.spki_sha256,
    assurance: admission.assurance,
    platform: admission.platform,
    appVersion: admission.appVersion,
    model: admission.model,
    identifier: admission.identifier ?? null,
    userProvider: row.user_provider,
    userSubject: row.user_subject,
    requestedAt: time(row.requested_at),
    expiresAt: time(row.expires_at),
    decidedAt: optionalTime(row.decided_at),
    decidedBy: row.decided_by,
    reason: row.reason,
    deviceId: row.device_id,
  }
}

export function presentGateway(
  row: GatewayRow,
  feedSeq: number,
  applied: AdminGateway['applied'],
): AdminGateway {
  return {
    name: row.name,
    status: row.status,
    role: row.role ?? 'gateway',
    firstSeenAt: time(row.first_seen_at),
    lastSeenAt: optionalTime(row.last_seen_at),
    version: row.version,
    instance: row.instance,
    seq: row.seq,
    behind: Math.max(0, feedSeq - row.seq),
    dropped: row.dropped,
    unconfirmed: row.unconfirmed ?? 0,
    applied,
  }
}

export function presentAdminToken(row: AdminTokenRow): AdminTokenInfo {
  return {
    id: row.id,
    label: row.label,
    kind: row.kind,
    role: row.role as Role,
    ...scopeOf(row),
    createdAt: time(row.created_at),
    createdBy: row.created_by,
    madeBy: row.made_by,
    expiresAt: time(row.expires_at),
    revokedAt: optionalTime(row.revoked_at),
    lastUsedAt: optionalTime(row.last_used_at),
  }
}
