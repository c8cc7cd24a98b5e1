import { isId } from './id.ts'

/**
 * What is proven of a device's key, weakest first.
 *
 * `app-attested`: a genuine app vouches for the key; where the key lives is asserted, not proven.
 */
export const assurances = [
  'unattested',
  'software',
  'app-attested',
  'tee',
  'secure-enclave',
  'strongbox',
] as const
export type Assurance = (typeof assurances)[number]

const ranks: Record<Assurance, number> = {
  unattested: 0,
  software: 1,
  'app-attested': 2,
  tee: 3,
  'secure-enclave': 4,
  strongbox: 4,
}

/** Whether what was proven is at least what is asked for. */
export function isAtLeast(proven: Assurance, minimum: Assurance): boolean {
  return ranks[proven] >= ranks[minimum]
}

export const platforms = ['android', 'ios', 'other'] as const
export type Platform = (typeof platforms)[number]

export const deviceStatuses = ['active', 'suspended', 'revoked', 'superseded'] as const
export type DeviceStatus = (typeof deviceStatuses)[number]

export const certificateStatuses = ['active', 'superseded', 'revoked'] as const
export type CertificateStatus = (typeof certificateStatuses)[number]

/** An app id: what stands between `/app/` and `/device/` in the device's URI. */
export const appIdPattern = '^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$'
const appId = new RegExp(appIdPattern)

/**
 * A trust domain as SPIFFE allows (lower-case letters, digits, dot, hyphen; §2.1), at most 255
 * characters, and a DNS name besides, so that it can stand in a name constraint.
 */
export const trustDomainPattern =
  '^(?=.{1,250}$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*$'
const trustDomain = new RegExp(trustDomainPattern)

export function isAppId(text: string): boolean {
  return appId.test(text)
}

export function isTrustDomain(text: string): boolean {
  return trustDomain.test(text)
}

export type DeviceUri = { trustDomain: string; appId: string; deviceId: string }

/** `spiffe://<trust domain>/app/<appId>/device/<deviceId>`. */
export function formatDeviceUri(uri: DeviceUri): string {
  return `spiffe://${uri.trustDomain}/app/${uri.appId}/device/${uri.deviceId}`
}

/** The parts of a device's URI, or undefined where the text is anything else. */
export function parseDeviceUri(text: string): DeviceUri | undefined {
  const parts = text.split('/')
  const [scheme, empty, domain, app, name, device, id] = parts
  if (parts.length !== 7 || scheme !== 'spiffe:' || empty !== '') return undefined
  if (app !== 'app' || device !== 'device') return undefined
  if (domain === undefined || !trustDomain.test(domain)) return undefined
  if (name === undefined || !appId.test(name)) return undefined
  if (id === undefined || !isId('device', id)) return undefined
  return { trustDomain: domain, appId: name, deviceId: id }
}

/** The trust domain of development devices beside a real one. They never share an issuer. */
export function developmentTrustDomain(domain: string): string {
  return `dev.${domain}`
}
