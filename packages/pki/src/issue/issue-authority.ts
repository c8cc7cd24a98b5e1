import type { IssuerKind } from '@sallyport/wire'
import {
  backdateMs,
  buildCertificate,
  extensions,
  type Issuer,
  serverBackdateMs,
} from './build-certificate.ts'
import type { Certificate } from '../certificate.ts'
import { nameOf } from '../distinguished-name.ts'
import { nameConstraintsFor } from '../name-constraints.ts'
import { oids } from '../oids.ts'
import type { SigningKey } from '../signing-key.ts'

export type RootKind = 'device' | 'service' | 'development'

/** How many CAs may follow the root: the issuing CAs of apps, or none. */
const pathLengths: Readonly<Record<RootKind, number>> = { device: 1, development: 1, service: 0 }

/**
 * What an issuing CA may assert. The development policy marks it, and through it what it issues; of one
 * that is `unattested` no other policy is valid (RFC 5280 §6.1.3), whoever verifies.
 */
export const issuerPolicies: Readonly<Record<IssuerKind, readonly string[]>> = {
  device: [oids.anyPolicy],
  development: [oids.developmentPolicy, oids.anyPolicy],
  unattested: [oids.assurancePolicies.unattested],
}

const titles: Readonly<Record<IssuerKind, string>> = {
  device: 'Device CA',
  development: 'Development CA',
  unattested: 'Unattested CA',
}

/** A self-signed root. The roots never sign each other. 20 years unless told otherwise. */
export function createRoot(options: {
  key: SigningKey
  commonName: string
  kind: RootKind
  now: number
  years?: number
}): Promise<Certificate> {
  const { key, commonName, kind, now, years = 20 } = options
  const name = nameOf(commonName)
  return buildCertificate({
    key,
    issuer: name,
    subject: name,
    spki: key.spki,
    notBefore: now - serverBackdateMs,
    notAfter: yearsAfter(now, years),
    extensions: [
      extensions.authority(pathLengths[kind]),
      extensions.keyUsage('keyCertSign', 'cRLSign'),
      extensions.subjectKeyIdentifier(key.spki),
    ],
  })
}

/**
 * The CA that issues the certificates of one app's devices: it can issue for no server, no other CA,
 * and no name but URIs of its trust domain. It is itself an X.509-SVID of that trust domain
 * (X509-SVID §3.2). Of kind `development` the trust domain is that of development devices. 10 years
 * unless told otherwise, and never longer than its root.
 */
export function issueDeviceCa(options: {
  root: Issuer
  key: { readonly spki: Buffer }
  appId: string
  trustDomain: string
  kind: IssuerKind
  /** Part of its name, where an app has several CAs of a kind. */
  lane?: string
  now: number
  years?: number
}): Promise<Certificate> {
  const { root, key, appId, trustDomain, kind, lane = '', now, years = 10 } = options
  return buildCertificate({
    key: root.key,
    issuer: root.certificate.subject,
    subject: nameOf(issuingCaName({ appId, trustDomain, kind, lane })),
    spki: key.spki,
    notBefore: now - backdateMs,
    notAfter: Math.min(yearsAfter(now, years), root.certificate.notAfter),
    extensions: [
      extensions.authority(0),
      extensions.keyUsage('keyCertSign', 'cRLSign'),
      extensions.extendedKeyUsage(oids.clientAuth),
      extensions.nameConstraints(nameConstraintsFor(trustDomain)),
      extensions.uri(`spiffe://${trustDomain}`, false),
      extensions.policies(...issuerPolicies[kind]),
      extensions.subjectKeyIdentifier(key.spki),
      extensions.authorityKeyIdentifier(root.certificate),
    ],
  })
}

/** The common name of an issuing CA: of 64 characters; the trust domain is in its URI, whole, in any case. */
export function issuingCaName(ca: {
  appId: string
  trustDomain: string
  kind: IssuerKind
  lane: string
}): string {
  const title = `${titles[ca.kind]} ${ca.appId}${ca.lane === '' ? '' : ` ${ca.lane}`}`
  const full = `${title}, ${ca.trustDomain}`
  return full.length <= 64 ? full : title.slice(0, 64)
}

function yearsAfter(now: number, years: number): number {
  const date = new Date(now)
  date.setUTCFullYear(date.getUTCFullYear() + years)
  return date.getTime()
}
