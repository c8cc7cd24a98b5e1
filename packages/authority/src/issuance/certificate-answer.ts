import { type Assurance, type IssuedCertificate, toBase64url } from '@sallyport/wire'
import type { Authority } from '../authority.ts'
import { appOf } from '../config/app-of.ts'
import type { CertificateRow, DeviceRow } from '../store/tables.ts'

/** The part of a certificate's life after which it should be renewed. */
const renewAfterPart = 2 / 3

/** What a device is told of its certificate: policy comes with it, so that it needs no app release. */
export function certificateAnswer(
  authority: Authority,
  certificate: CertificateRow,
  device: Pick<DeviceRow, 'id' | 'assurance'>,
): IssuedCertificate {
  const issuer = authority.issuers.byId(certificate.issuer_id)
  const { mtls } = authority.config.authority.listeners
  if (issuer === undefined) throw new TypeError(`No issuer ${certificate.issuer_id}`)
  return {
    deviceId: device.id,
    assurance: device.assurance as Assurance,
    certificates: [toBase64url(certificate.der), toBase64url(issuer.certificate.der)],
    ...certificateTimes(authority, certificate),
    ...(mtls && { mtlsUrl: mtls.url }),
  }
}

/** The times of a certificate and of the server, RFC 3339. */
export function certificateTimes(authority: Authority, certificate: CertificateRow) {
  const { graceDays } = appOf(authority.config.apps, certificate.app_id).certificate
  const { not_after: notAfter, issued_at: issuedAt } = certificate
  const time = (ms: number) => new Date(Math.floor(ms)).toISOString()
  return {
    notAfter: time(notAfter),
    renewAfter: time(issuedAt + (notAfter - issuedAt) * renewAfterPart),
    graceUntil: time(notAfter + graceDays * 24 * 3_600_000),
    serverTime: time(authority.now()),
  }
}
