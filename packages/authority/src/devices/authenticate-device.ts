import { checkDates, type DeviceIdentity, verifyDeviceCertificate } from '@sallyport/pki'
import { Problem, type ReasonCode } from '@sallyport/problem'
import type { CertificateStatus, DeviceStatus } from '@sallyport/wire'
import type { Kysely } from 'kysely'
import type { IssuerSet } from '../issuers/issuer-set.ts'
import type { CertificateRow, DeviceRow, Tables } from '../store/tables.ts'

/** A device that proved that it holds the key of this certificate. */
export type AuthenticatedDevice = { certificate: CertificateRow; device: DeviceRow }

const deviceRefusals: Partial<Record<DeviceStatus, ReasonCode>> = {
  suspended: 'device_suspended',
  revoked: 'device_revoked',
  superseded: 'device_superseded',
}

const certificateRefusals: Partial<Record<CertificateStatus, ReasonCode>> = {
  revoked: 'device_certificate_revoked',
  superseded: 'device_certificate_superseded',
}

/**
 * Whether a certificate is one of ours, by our own verification: never by what TLS said of it. Not
 * checked: dates, status, and whether its key is held.
 *
 * @throws Problem of the first check that failed
 */
export function verifyOwnCertificate(issuers: IssuerSet, der: Uint8Array): DeviceIdentity {
  const verification = verifyDeviceCertificate(der, issuers.bundle)
  if (verification.ok) return verification.device
  const { code, check, expected, found } = verification.failed
  throw new Problem(code ?? 'device_certificate_untrusted', {
    expected: `${check}: ${expected}`,
    found,
  })
}

/** @throws Problem `device_certificate_expired`, `device_certificate_not_yet_valid` */
export function refuseOutOfDate(identity: DeviceIdentity, now: number): void {
  const failed = checkDates(identity, now)
  if (failed === undefined) return
  throw new Problem(failed.code ?? 'device_certificate_expired', {
    expected: failed.expected,
    found: failed.found,
  })
}

/**
 * The rows of a certificate, where it and its device are active.
 *
 * @param renewing a certificate that was renewed before may ask again: its answer may have been lost
 * @throws Problem `device_suspended`, `device_revoked`, `device_superseded`,
 *   `device_certificate_revoked`, `device_certificate_superseded`, `device_certificate_unknown`
 *   where the certificate is not in the store
 */
export async function readActive(
  store: Kysely<Tables>,
  thumbprint: string,
  renewing = false,
): Promise<AuthenticatedDevice> {
  const certificate = await store
    .selectFrom('certificates')
    .selectAll()
    .where('thumbprint', '=', thumbprint)
    .executeTakeFirst()
  const device =
    certificate === undefined
      ? undefined
      : await store
          .selectFrom('devices')
          .selectAll()
          .where('id', '=', certificate.device_id)
          .executeTakeFirst()
  if (certificate === undefined || device === undefined) {
    throw new Problem('device_certificate_unknown', {
      expected: 'a certificate in the store of this authority',
      found: `thumbprint ${thumbprint}, which is not in it`,
    })
  }
  const code = deviceRefusals[device.status] ?? certificateRefusals[certificate.status]
  const isRenewedBefore = renewing && code === 'device_certificate_superseded'
  if (code !== undefined && !isRenewedBefore) {
    throw new Problem(code, {
      expected: 'device and certificate active',
      found: `device ${device.status}, certificate ${certificate.status}`,
    })
  }
  return { certificate, device }
}
