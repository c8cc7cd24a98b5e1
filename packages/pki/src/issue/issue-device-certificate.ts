import { type Assurance, formatDeviceUri, parseDeviceUri } from '@sallyport/wire'
import { extensions, type Issuer } from './build-certificate.ts'
import type { Certificate } from '../certificate.ts'
import { type DeviceFacts, encodeFacts, encodePredecessors } from '../device-extensions.ts'
import { issueEndEntity } from './issue-end-entity.ts'
import { oids } from '../oids.ts'
import type { PublishedAddresses } from '../revocation/distribution-point.ts'

export type DeviceCertificateOptions = {
  issuer: Issuer
  /** DER SubjectPublicKeyInfo, of a request whose signature was verified. */
  spki: Buffer
  trustDomain: string
  appId: string
  deviceId: string
  assurance: Assurance
  /** Without them the certificate says nothing of the device but its id. */
  facts?: DeviceFacts
  /** Thumbprints (base64url) of unexpired predecessors, at most 4. */
  predecessors: readonly string[]
  /** Milliseconds, written to the second; the caller dates back by `backdateMs`. */
  notBefore: number
  /** Milliseconds, written to the second; the issuer's own where that is sooner. */
  notAfter: number
  /** Where its status is published; undefined where it is told to gateways alone. */
  published?: PublishedAddresses | undefined
  /** 16 random bytes where the caller must know it beforehand. */
  serial?: Buffer
}

/**
 * The certificate of a device: an X.509-SVID with one stated departure, its extended key usage being
 * clientAuth alone (X509-SVID §4.4 wants serverAuth too), so that a phone can never be a server.
 */
export function issueDeviceCertificate(options: DeviceCertificateOptions): Promise<Certificate> {
  const { issuer, spki, trustDomain, appId, deviceId, assurance } = options
  const uri = formatDeviceUri({ trustDomain, appId, deviceId })
  if (parseDeviceUri(uri) === undefined) throw new TypeError(`not the URI of a device: ${uri}`)
  const isDevelopment = issuer.certificate.policies.includes(oids.developmentPolicy)
  const policies = [
    oids.assurancePolicies[assurance],
    // Nobody can forget it: what a development CA issues says so.
    ...(isDevelopment ? [oids.developmentPolicy] : []),
  ]
  return issueEndEntity({
    issuer,
    spki,
    keyUsages: ['digitalSignature'],
    extendedKeyUsage: oids.clientAuth,
    notBefore: options.notBefore,
    notAfter: options.notAfter,
    serial: options.serial,
    names: [extensions.uri(uri, true), extensions.policies(...policies)],
    extensions: [
      ...(options.published === undefined
        ? [extensions.noRevAvail()]
        : [
            extensions.certificateLists(options.published),
            extensions.authorityInformation(options.published),
          ]),
      ...(options.facts === undefined ? [] : [extensions.facts(encodeFacts(options.facts))]),
      ...(options.predecessors.length === 0
        ? []
        : [extensions.predecessors(encodePredecessors(options.predecessors))]),
    ],
  })
}
