import { createHash } from 'node:crypto'
import {
  type Check,
  type DeviceIdentity,
  type TrustBundle,
  verifyDeviceCertificate,
} from '@sallyport/pki'
import { statusKey } from '../status/status-code.ts'

/** The keys under which a device, its certificate and its issuer stand in the status table. */
export type StatusKeys = {
  readonly device: Int32Array
  readonly certificate: Int32Array
  readonly issuer: Int32Array
}

/** Values of the header fields that tell services who the device is. */
export type LeafFields = {
  /** RFC 9440 §2.2. */
  readonly clientCert: string
  /** RFC 9440 §2.3: the issuing CA, which is where the chain ends for us. */
  readonly clientCertChain: string
  /** Sallyport-Device: a token with parameters (RFC 9651 §3.3.4, §3.1.2). */
  readonly device: string
}

/**
 * A client certificate as it was presented, and what the trust of a host makes of it. Everything that
 * does not change from request to request is worked out once, here. Dates and status do change: they
 * are not part of it.
 */
export type PresentedLeaf = VerifiedLeaf | FailedLeaf

type Presented = {
  readonly der: Buffer
  /** SHA-256 of the DER, base64url. */
  readonly thumbprint: string
}
export type VerifiedLeaf = Presented & {
  readonly device: DeviceIdentity
  readonly keys: StatusKeys
  readonly fields: LeafFields
  readonly failed: undefined
  /** Whether it counts only where it is known to have been issued. */
  readonly mustBeListed: boolean
  /**
   * Whether the authority is still to hear that it came into use: a renewal that reached its device is
   * what ends the certificate before.
   */
  isFirstUse: boolean
}
type FailedLeaf = Presented & {
  readonly device: undefined
  readonly fields: undefined
  readonly failed: Check
}

export function presentLeaf(der: Buffer, thumbprint: string, bundle: TrustBundle): PresentedLeaf {
  const verification = verifyDeviceCertificate(der, bundle)
  if (!verification.ok) {
    return { der, thumbprint, device: undefined, fields: undefined, failed: verification.failed }
  }
  const { device } = verification
  const keys = {
    device: statusKey('device', device.deviceId),
    certificate: statusKey('certificate', thumbprint),
    issuer: statusKey('issuer', device.issuerSpki),
  }
  return {
    der,
    thumbprint,
    device,
    keys,
    fields: leafFields(der, device, bundle),
    failed: undefined,
    mustBeListed: bundle.issuers.some(
      ({ certificate, isIssuedListed = false }) =>
        isIssuedListed && certificate.spkiSha256 === device.issuerSpki,
    ),
    isFirstUse: device.predecessors.length > 0,
  }
}

export function leafThumbprint(der: Buffer): string {
  return createHash('sha256').update(der).digest('base64url')
}

function leafFields(der: Buffer, device: DeviceIdentity, bundle: TrustBundle): LeafFields {
  const chain = bundle.issuers
    .filter((issuer) => issuer.certificate.spkiSha256 === device.issuerSpki)
    .slice(0, 1)
    .map((issuer) => byteSequence(issuer.certificate.der))
  const parameters = [
    ...(device.appId === undefined ? [] : [`app=${device.appId}`]),
    `assurance=${device.assurance}`,
    ...(device.facts === undefined
      ? []
      : [`platform=${device.facts.platform}`, `app-version="${device.facts.appVersion}"`]),
    ...(device.development ? ['development'] : []),
  ]
  return {
    clientCert: byteSequence(der),
    clientCertChain: chain.join(', '),
    device: [device.deviceId, ...parameters].join('; '),
  }
}

/** RFC 9651 §4.1.8. */
function byteSequence(bytes: Buffer): string {
  return `:${bytes.toString('base64')}:`
}
