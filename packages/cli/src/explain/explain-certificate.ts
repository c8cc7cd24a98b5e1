import type { AdminIssuer } from '@sallyport/authority'
import {
  type Check,
  checkDeviceCertificate,
  parseCertificate,
  thumbprint,
  type TrustIssuer,
} from '@sallyport/pki'
import { type ReasonCode, reasonOf } from '@sallyport/problem'
import type { AdminClient } from '../admin/admin-client.ts'
import { ifFound } from '../admin/if-found.ts'
import type { GatewayView } from './gateway-view.ts'

/** What a gateway would say of a certificate: every check, run to the end, and what the registry knows. */
export type Explanation = {
  ok: boolean
  thumbprint: string
  checks: ExplainedCheck[]
}

/** `fix` where the check failed. */
export type ExplainedCheck = Check & { fix?: string }

/**
 * Runs the gateway's own table of checks over a certificate, and asks the authority for its status.
 *
 * @param der the certificate, however broken
 * @param view what the gateway of the configuration file believes beside the CAs of this deployment
 */
export async function explainCertificate(
  der: Uint8Array,
  client: AdminClient,
  view: GatewayView,
  now: number,
): Promise<Explanation> {
  const { issuers } = await client.call('listIssuers')
  const own = issuers.filter(({ status }) => status !== 'revoked').map(trusted)
  const bundle = {
    version: 1,
    issuers: [...own, ...view.foreignIssuers],
    allowDevelopment: view.allowDevelopment,
  }
  const name = thumbprint(der)
  const checks = [
    ...checkDeviceCertificate(der, bundle, { now }),
    ...(await registryChecks(client, name)),
  ].map(withFix)
  return { ok: checks.every(({ ok }) => ok), thumbprint: name, checks }
}

function trusted({ certificate, kind, trustDomain, appId }: AdminIssuer): TrustIssuer {
  const parsed = parseCertificate(Buffer.from(certificate, 'base64url'))
  return { certificate: parsed, own: true, kind, trustDomain, appId }
}

function withFix(check: Check): ExplainedCheck {
  return check.code === undefined ? check : { ...check, fix: reasonOf(check.code).fix }
}

const certificateCodes: Readonly<Record<string, ReasonCode>> = {
  superseded: 'device_certificate_superseded',
  revoked: 'device_certificate_revoked',
}
const deviceCodes: Readonly<Record<string, ReasonCode>> = {
  suspended: 'device_suspended',
  revoked: 'device_revoked',
  superseded: 'device_superseded',
}

/** The status of the certificate and of its device. A certificate that is not ours has none. */
async function registryChecks(client: AdminClient, name: string): Promise<Check[]> {
  const certificate = await ifFound(client.call('getCertificate', { path: { id: name } }))
  if (certificate === undefined) {
    const said = 'not in the registry: another CA issued it, or none'
    return [
      { check: 'registry', ok: true, expected: 'known to this authority, or foreign', found: said },
    ]
  }
  const { deviceId, status } = certificate
  const { device } = await client.call('getDevice', { path: { id: deviceId } })
  return [
    statusCheck('certificate-status', status, certificateCodes[status]),
    statusCheck('device-status', device.status, deviceCodes[device.status], device.statusReason),
  ]
}

function statusCheck(
  check: string,
  status: string,
  code: ReasonCode | undefined,
  reason: string | null = null,
): Check {
  const words = reason === null ? status : `${status}: ${reason}`
  return { check, ok: code === undefined, ...(code && { code }), expected: 'active', found: words }
}
