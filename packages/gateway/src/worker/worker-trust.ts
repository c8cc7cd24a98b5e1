import { createHash } from 'node:crypto'
import { parseCertificate, type TrustBundle, type TrustIssuer } from '@sallyport/pki'
import { fromBase64url, type TrustedIssuer } from '@sallyport/wire'
import type { HostPlan } from '../configuration/plan.ts'
import { type HostTrust, hostTrust } from '../trust/host-trust.ts'
import type { Trust } from './messages.ts'

/** The trust of each host at one revision: ours, and the foreign CAs that the host names. */
export type WorkerTrust = {
  readonly ticketSecret: Uint8Array
  /** Hosts that believe the same share one trust, and what is remembered under it. */
  readonly forHost: (host: HostPlan) => HostTrust
}

export function workerTrust(trust: Trust, allowDevelopment: boolean): WorkerTrust {
  const own = trust.issuers.map(ownIssuer)
  const made = new Map<string, HostTrust>()
  return {
    ticketSecret: trust.ticketSecret,
    forHost: (host) => {
      const issuers = [...own, ...host.foreignIssuers.map(foreignIssuer)]
      const fingerprint = fingerprintOf(issuers, allowDevelopment)
      const known = made.get(fingerprint)
      if (known !== undefined) return known
      const bundle: TrustBundle = { version: trust.revision, issuers, allowDevelopment }
      const fresh = hostTrust(bundle, fingerprint)
      made.set(fingerprint, fresh)
      return fresh
    },
  }
}

function ownIssuer(issuer: TrustedIssuer): TrustIssuer {
  const der = fromBase64url(issuer.certificate)
  if (der === undefined) throw new TypeError('The certificate of an issuer is not base64url')
  return {
    certificate: parseCertificate(der),
    own: true,
    kind: issuer.kind,
    trustDomain: issuer.trustDomain,
    appId: issuer.appId,
    isIssuedListed: issuer.status === 'issued',
  }
}

function foreignIssuer(issuer: HostPlan['foreignIssuers'][number]): TrustIssuer {
  return {
    certificate: parseCertificate(issuer.der),
    own: false,
    kind: 'device',
    trustDomain: issuer.trustDomain,
  }
}

// The same in every process that believes the same, whatever the order it learnt it in.
function fingerprintOf(issuers: readonly TrustIssuer[], allowDevelopment: boolean): string {
  const lines = issuers.map(
    ({ certificate, own, kind, trustDomain, appId, isIssuedListed = false }) =>
      `${certificate.thumbprint} ${own} ${kind} ${trustDomain} ${appId ?? ''} ${isIssuedListed}`,
  )
  return createHash('sha256')
    .update([...lines.toSorted(), String(allowDevelopment)].join('\n'))
    .digest('base64url')
}
