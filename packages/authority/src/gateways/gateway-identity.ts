import { X509Certificate } from 'node:crypto'
import { type Certificate, oids, parseCertificate, parseGatewayUri } from '@sallyport/pki'
import { isProblem, Problem } from '@sallyport/problem'

/** A gateway that proved its name. */
export type GatewayIdentity = {
  name: string
  /** Until when its certificate counts, in milliseconds. */
  until: number
}

/**
 * The gateway that a client certificate is of: issued by the service root for this trust domain, for
 * client authentication, in date. TLS proved that its key is held.
 *
 * @throws Problem `gateway_certificate_required`
 */
export function gatewayIdentity(
  der: Uint8Array | undefined,
  trust: { serviceRoot: Certificate; trustDomain: string; now: number },
): GatewayIdentity {
  if (der === undefined) throw refusal('none')
  const certificate = parse(der)
  const failed = checks.find(({ holds }) => !holds(certificate, trust))
  if (failed !== undefined) throw refusal(failed.found)
  const uri = parseGatewayUri(certificate.uris[0] ?? '')
  if (uri === undefined) throw refusal('one that names no gateway')
  return { name: uri.name, until: certificate.notAfter }
}

type Trust = Parameters<typeof gatewayIdentity>[1]

const checks: readonly {
  found: string
  holds: (certificate: Certificate, trust: Trust) => boolean
}[] = [
  {
    found: 'one of another issuer',
    holds: ({ issuer }, { serviceRoot }) => issuer.equals(serviceRoot.subject),
  },
  {
    found: 'one whose signature does not verify',
    holds: (certificate, { serviceRoot }) => isSignedBy(certificate, serviceRoot),
  },
  {
    found: 'one that is not valid now',
    holds: ({ notBefore, notAfter }, { now }) => notBefore <= now && now <= notAfter,
  },
  {
    found: 'one that is not for client authentication alone',
    holds: ({ isCa, extendedKeyUsage }) =>
      !isCa && extendedKeyUsage?.length === 1 && extendedKeyUsage[0] === oids.clientAuth,
  },
  {
    found: 'one that does not name exactly one gateway of this trust domain',
    holds: ({ uris, otherNames }, { trustDomain }) =>
      uris.length === 1 &&
      otherNames === 0 &&
      parseGatewayUri(uris[0] ?? '')?.trustDomain === trustDomain,
  },
]

/** OpenSSL may refuse to read what our own parser reads: then it is not signed by the root either. */
function isSignedBy({ der }: Certificate, root: Certificate): boolean {
  try {
    return new X509Certificate(der).verify(root.publicKey)
  } catch {
    return false
  }
}

function parse(der: Uint8Array): Certificate {
  try {
    return parseCertificate(der)
  } catch (error) {
    if (isProblem(error)) throw refusal('one that cannot be read')
    throw error
  }
}

function refusal(found: string): Problem {
  return new Problem('gateway_certificate_required', {
    expected: 'a client certificate of a gateway, issued by the service root',
    found,
  })
}
