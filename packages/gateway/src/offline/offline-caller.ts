import type { DeviceIdentity } from '@sallyport/pki'
import type { Caller } from '../pipeline/caller.ts'
import { statusKey } from '../status/status-code.ts'
import type { VerifiedLeaf } from '../trust/presented-leaf.ts'
import type { OfflineDevice, OfflineRequest } from './offline-request.ts'

const dayMs = 86_400_000

/** The caller of a described request: as if its certificate had been presented, and believed. */
export function offlineCaller(request: OfflineRequest, trustDomain: string): Caller {
  const { host, address, device } = request
  const leaf = device === undefined ? undefined : leafOf(device, trustDomain)
  return {
    address,
    serverName: host,
    hasCertificate: leaf !== undefined,
    currentLeaf: () => leaf,
    scheme: 'https',
    forwarded: '',
    logMembers: '',
    acceptedAuthority: undefined,
    statusVersion: -1,
    statusRefusal: undefined,
    addressVersion: -1,
    addressGoodUntil: 0,
    addressRefusal: undefined,
  }
}

function leafOf(described: OfflineDevice, trustDomain: string): VerifiedLeaf {
  const thumbprint = `offline-${described.id}`
  const device = identityOf(described, trustDomain, thumbprint)
  return {
    der: Buffer.alloc(0),
    thumbprint,
    device,
    keys: {
      device: statusKey('device', device.deviceId),
      certificate: statusKey('certificate', thumbprint),
      issuer: statusKey('issuer', device.issuerSpki),
    },
    fields: { clientCert: '', clientCertChain: '', device: '' },
    failed: undefined,
    mustBeListed: false,
    isFirstUse: false,
  }
}

function identityOf(
  { id, app, ...described }: OfflineDevice,
  trustDomain: string,
  thumbprint: string,
): DeviceIdentity {
  const { platform, appVersion, osPatchLevel, attestedAt, enrolledAt, certifiedAt } = described
  return {
    deviceId: id,
    appId: app,
    trustDomain,
    uri: `spiffe://${trustDomain}/app/${app}/device/${id}`,
    assurance: described.assurance,
    development: described.development,
    own: true,
    facts: {
      platform,
      appVersion,
      ...(osPatchLevel === undefined ? {} : { osPatchLevel }),
      appraisedAt: attestedAt,
      enrolledAt,
    },
    predecessors: [],
    thumbprint,
    notBefore: certifiedAt,
    notAfter: certifiedAt + 7 * dayMs,
    issuerSpki: 'offline',
  }
}
