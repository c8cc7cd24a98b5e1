// A pure table: what a gateway checks of a device's certificate, in order.
import type { ReasonCode } from '@sallyport/problem'
import { type DeviceUri, parseDeviceUri } from '@sallyport/wire'
import type { Certificate } from './certificate.ts'
import { DerError } from './der/der-error.ts'
import { decodeFacts, decodePredecessors } from './device-extensions.ts'
import { nameText } from './distinguished-name.ts'
import { isCanonicalSignature } from './ecdsa-form.ts'
import { isHostPermitted } from './name-constraints.ts'
import { assuranceOfPolicy, isOwnOid, oids, ownOidName } from './oids.ts'
import {
  readAuthorityInformation,
  readDistributionPoints,
} from './revocation/distribution-point.ts'
import {
  acceptedSignatureAlgorithms,
  isAcceptedSignatureAlgorithm,
  signatureAlgorithmName,
} from './signature-algorithm.ts'
import { parseSpiffeId } from './spiffe-id.ts'
import { isSignedByIssuer, type KnownIssuer, type TrustBundle } from './trust-bundle.ts'

/** A certificate under examination, together with the CA that it names. */
export type Examined = {
  readonly leaf: Certificate
  readonly bundle: TrustBundle
  readonly issuer: KnownIssuer
}

export type DeviceCheck<Subject> = {
  readonly check: string
  readonly code: ReasonCode
  holds(subject: Subject): boolean
  /** For a person; only asked for where something is to be told. */
  expected(subject: Subject): string
  found(subject: Subject): string
}

/** What can be said of a certificate whatever its issuer. */
export const checksOfLeaf: readonly DeviceCheck<Certificate>[] = [
  {
    check: 'signature-algorithm',
    code: 'device_certificate_signature_invalid',
    holds: ({ signatureAlgorithm }) => isAcceptedSignatureAlgorithm(signatureAlgorithm),
    expected: () => acceptedSignatureAlgorithms,
    found: ({ signatureAlgorithm }) => signatureAlgorithmName(signatureAlgorithm),
  },
  {
    // RFC 5280 §4.2: what is critical and not understood refuses the certificate.
    check: 'critical-extensions',
    code: 'device_certificate_extension_unknown',
    holds: (leaf) => unknownCritical(leaf, leafExtensions).length === 0,
    expected: () => 'no critical extension but those of the profile',
    found: (leaf) => listed(unknownCritical(leaf, leafExtensions)),
  },
  {
    // X509-SVID §5.2
    check: 'basic-constraints',
    code: 'device_certificate_usage_invalid',
    holds: ({ isCa }) => !isCa,
    expected: () => 'cA false',
    found: ({ isCa }) => `cA ${isCa}`,
  },
  {
    check: 'key-usage',
    code: 'device_certificate_usage_invalid',
    holds: ({ keyUsage }) =>
      keyUsage?.has('digitalSignature') === true &&
      !keyUsage.has('keyCertSign') &&
      !keyUsage.has('cRLSign'),
    expected: () => 'digitalSignature, neither keyCertSign nor cRLSign',
    found: ({ keyUsage }) => (keyUsage === undefined ? 'no key usage' : listed([...keyUsage])),
  },
  {
    check: 'client-authentication',
    code: 'device_certificate_usage_invalid',
    holds: ({ extendedKeyUsage }) => extendedKeyUsage?.includes(oids.clientAuth) === true,
    expected: () => 'extended key usage clientAuth',
    found: ({ extendedKeyUsage }) => usagesText(extendedKeyUsage),
  },
  {
    check: 'key',
    code: 'device_certificate_key_invalid',
    holds: ({ keyKind }) => keyKind !== undefined,
    expected: () => 'EC P-256 or P-384, or RSA of 2048 to 8192 bits',
    found: ({ keyDescription }) => keyDescription,
  },
  {
    // X509-SVID §2: more than one URI must be refused.
    check: 'one-uri',
    code: 'device_certificate_identity_invalid',
    holds: ({ uris }) => uris.length === 1,
    expected: () => 'exactly one URI name',
    found: ({ uris }) => (uris.length === 0 ? 'none' : `${uris.length}: ${listed(uris)}`),
  },
]

/** What can be said once the issuer is known. */
export const checksOfIssue: readonly DeviceCheck<Examined>[] = [
  {
    check: 'issuer-authority',
    code: 'device_certificate_untrusted',
    holds: ({ issuer }) => issuerFault(issuer) === undefined,
    expected: () => 'a CA whose key usage has keyCertSign, with an accepted key',
    found: ({ issuer }) => issuerFault(issuer) ?? 'a CA',
  },
  {
    check: 'signature',
    code: 'device_certificate_signature_invalid',
    holds: ({ leaf, issuer }) => isSignedByIssuer(leaf, issuer),
    expected: ({ issuer }) => `a signature by ${nameText(issuer.certificate.subject)}`,
    found: ({ leaf, issuer }) =>
      isSignedByIssuer(leaf, issuer) ? 'it verifies' : 'a signature that does not verify',
  },
  {
    check: 'development',
    code: 'device_certificate_development',
    holds: ({ leaf, issuer, bundle }) =>
      (issuer.kind !== 'development' || bundle.allowDevelopment) &&
      (!issuer.own || isDevelopment(leaf) === (issuer.kind === 'development')),
    expected: ({ issuer, bundle }) =>
      issuer.kind === 'development' && bundle.allowDevelopment
        ? 'a certificate with the development policy'
        : 'a certificate that is not for development',
    found: ({ leaf, issuer }) =>
      isDevelopment(leaf) || issuer.kind === 'development'
        ? `a certificate under ${nameText(issuer.certificate.subject)}${isDevelopment(leaf) ? ', with the development policy' : ''}`
        : 'a certificate without the development policy',
  },
  {
    // Departure from X509-SVID §4.4, on purpose: a phone can never be a server.
    check: 'client-authentication-only',
    code: 'device_certificate_usage_invalid',
    holds: ({ leaf, issuer }) => !issuer.own || leaf.extendedKeyUsage?.length === 1,
    expected: ({ issuer }) => (issuer.own ? 'clientAuth alone' : 'clientAuth among others'),
    found: ({ leaf }) => usagesText(leaf.extendedKeyUsage),
  },
  {
    check: 'own-extensions',
    code: 'device_certificate_extension_forbidden',
    holds: ({ leaf, issuer }) => issuer.own || ownAssertions(leaf).length === 0,
    expected: ({ issuer }) =>
      issuer.own
        ? "Sallyport's extensions and policies"
        : "none of Sallyport's extensions and policies",
    found: ({ leaf }) => listed(ownAssertions(leaf).map(ownOidName)),
  },
  {
    check: 'trust-domain',
    code: 'device_certificate_identity_invalid',
    holds: ({ leaf, issuer }) => {
      const id = parseSpiffeId(leaf.uris[0] ?? '')
      return id !== undefined && id.path !== '' && id.trustDomain === issuer.trustDomain
    },
    expected: ({ issuer }) => `spiffe://${issuer.trustDomain}/…`,
    found: ({ leaf }) => listed(leaf.uris),
  },
  {
    check: 'device-uri',
    code: 'device_certificate_identity_invalid',
    holds: ({ leaf, issuer }) => !issuer.own || deviceUriOf(leaf) !== undefined,
    expected: ({ issuer }) =>
      issuer.own
        ? `spiffe://${issuer.trustDomain}/app/${issuer.appId ?? '<app>'}/device/<device>`
        : 'any path',
    found: ({ leaf }) => listed(leaf.uris),
  },
  {
    check: 'app',
    code: 'device_certificate_identity_invalid',
    holds: ({ leaf, issuer }) =>
      !issuer.own || issuer.appId === undefined || deviceUriOf(leaf)?.appId === issuer.appId,
    expected: ({ issuer }) => (issuer.own ? (issuer.appId ?? 'any app') : 'any app'),
    found: ({ leaf }) => deviceUriOf(leaf)?.appId ?? 'no app',
  },
  {
    check: 'other-names',
    code: 'device_certificate_identity_invalid',
    holds: ({ leaf, issuer }) => !issuer.own || leaf.otherNames === 0,
    expected: ({ issuer }) => (issuer.own ? 'no name but the URI' : 'any other names'),
    found: ({ leaf }) => `${leaf.otherNames} other names`,
  },
  {
    // RFC 5280 §4.2.1.10. Names of other forms are not compared, hence not accepted.
    check: 'name-constraints',
    code: 'device_certificate_identity_invalid',
    holds: ({ leaf, issuer: { uriConstraints } }) => {
      if (uriConstraints === undefined) return true
      if (uriConstraints === 'unreadable' || leaf.otherNames > 0) return false
      const host = parseSpiffeId(leaf.uris[0] ?? '')?.trustDomain
      return host !== undefined && isHostPermitted(host, uriConstraints)
    },
    expected: ({ issuer: { uriConstraints } }) =>
      uriConstraints === undefined
        ? 'any name'
        : uriConstraints === 'unreadable'
          ? 'an issuer whose name constraints can be read'
          : `only a URI, of ${listed(uriConstraints.permitted ?? ['any host'])}`,
    found: ({ leaf }) => `${listed(leaf.uris)}, ${leaf.otherNames} other names`,
  },
  {
    check: 'assurance',
    code: 'device_certificate_malformed',
    holds: ({ leaf, issuer }) => !issuer.own || assurancesOf(leaf).length === 1,
    expected: ({ issuer }) => (issuer.own ? 'exactly one assurance policy' : 'no assurance policy'),
    found: ({ leaf }) => listed(assurancesOf(leaf)),
  },
  {
    // What a CA may say whose requests prove nothing. Whoever had its key could else say anything.
    check: 'unattested-issuer',
    code: 'device_certificate_assertion_forbidden',
    holds: ({ leaf, issuer }) => issuer.kind !== 'unattested' || overstated(leaf).length === 0,
    expected: ({ issuer }) =>
      issuer.kind === 'unattested'
        ? 'assurance unattested, no patch level, no predecessors'
        : 'whatever was proven',
    found: ({ leaf }) => listed(overstated(leaf)),
  },
  {
    check: 'facts',
    code: 'device_certificate_malformed',
    holds: ({ leaf, issuer }) =>
      !issuer.own || decodeFault(leaf, oids.facts, decodeFacts) === undefined,
    expected: () => 'device facts as the profile encodes them, or none',
    found: ({ leaf }) => decodeFault(leaf, oids.facts, decodeFacts) ?? presence(leaf, oids.facts),
  },
  {
    check: 'predecessors',
    code: 'device_certificate_malformed',
    holds: ({ leaf, issuer }) =>
      !issuer.own || decodeFault(leaf, oids.predecessors, decodePredecessors) === undefined,
    expected: () => 'at most four thumbprints, or none',
    found: ({ leaf }) =>
      decodeFault(leaf, oids.predecessors, decodePredecessors) ?? presence(leaf, oids.predecessors),
  },
  {
    // RFC 9608 §4: a certificate says where its revocation is published, or that nobody publishes it.
    check: 'status-addresses',
    code: 'device_certificate_malformed',
    holds: ({ leaf, issuer }) => !issuer.own || statusAddressesFault(leaf) === undefined,
    expected: ({ issuer }) =>
      issuer.own ? 'noRevAvail, or the addresses of lists and OCSP' : 'any addresses, or none',
    found: ({ leaf, issuer }) =>
      (issuer.own ? statusAddressesFault(leaf) : undefined) ?? 'one of them',
  },
  {
    // A twin of a certificate has another thumbprint: it would be superseded or revoked by none.
    check: 'signature-form',
    code: 'device_certificate_signature_invalid',
    holds: ({ leaf, issuer }) =>
      !issuer.own || isCanonicalSignature(leaf.signature, issuer.certificate.keyKind),
    expected: ({ issuer }) =>
      issuer.own ? 'an ECDSA signature in the form of our CAs, the lower s' : 'any form',
    found: ({ leaf, issuer }) =>
      isCanonicalSignature(leaf.signature, issuer.certificate.keyKind)
        ? 'that form'
        : 'the other form, which anybody can make of it',
  },
]

const leafExtensions: ReadonlySet<string> = new Set([
  oids.basicConstraints,
  oids.keyUsage,
  oids.extendedKeyUsage,
  oids.subjectAlternativeName,
  oids.certificatePolicies,
  oids.subjectKeyIdentifier,
  oids.authorityKeyIdentifier,
  oids.noRevAvail,
  oids.facts,
  oids.predecessors,
])
const issuerExtensions: ReadonlySet<string> = new Set([...leafExtensions, oids.nameConstraints])

function unknownCritical(certificate: Certificate, known: ReadonlySet<string>): string[] {
  const unknown: string[] = []
  for (const [oid, { critical }] of certificate.extensions) {
    if (critical && !known.has(oid)) unknown.push(oid)
  }
  return unknown
}

function issuerFault({ certificate, isUsable }: KnownIssuer): string | undefined {
  if (!certificate.isCa) return 'cA false'
  if (certificate.keyUsage?.has('keyCertSign') === false) return 'key usage without keyCertSign'
  if (!isUsable) return `a key that is not accepted: ${certificate.keyDescription}`
  const unknown = unknownCritical(certificate, issuerExtensions)
  return unknown.length === 0 ? undefined : `critical extensions not understood: ${listed(unknown)}`
}

export function deviceUriOf(leaf: Certificate): DeviceUri | undefined {
  return parseDeviceUri(leaf.uris[0] ?? '')
}

export function assurancesOf(leaf: Certificate) {
  return leaf.policies.map(assuranceOfPolicy).filter((assurance) => assurance !== undefined)
}

function isDevelopment(leaf: Certificate): boolean {
  return leaf.policies.includes(oids.developmentPolicy)
}

function ownAssertions(leaf: Certificate): string[] {
  return [...leaf.extensions.keys(), ...leaf.policies].filter(isOwnOid)
}

/** What a certificate says beyond that its device is unattested. What cannot be read is refused elsewhere. */
function overstated(leaf: Certificate): string[] {
  const assurances = assurancesOf(leaf).filter((assurance) => assurance !== 'unattested')
  const facts = leaf.extensions.get(oids.facts)
  const isReadable = facts !== undefined && decodeFault(leaf, oids.facts, decodeFacts) === undefined
  const hasPatchLevel = isReadable && decodeFacts(facts.value).osPatchLevel !== undefined
  return [
    ...assurances.map((assurance) => `assurance ${assurance}`),
    ...(hasPatchLevel ? ['a patch level'] : []),
    ...(leaf.extensions.has(oids.predecessors) ? ['predecessors'] : []),
  ]
}

function decodeFault(
  leaf: Certificate,
  oid: string,
  decode: (value: Buffer) => unknown,
): string | undefined {
  const extension = leaf.extensions.get(oid)
  return extension === undefined ? undefined : readFault(() => decode(extension.value))
}

function readFault(read: () => unknown): string | undefined {
  try {
    read()
    return undefined
  } catch (error) {
    if (error instanceof DerError) return error.message
    throw error
  }
}

function statusAddressesFault({ extensions }: Certificate): string | undefined {
  const lists = extensions.get(oids.cRLDistributionPoints)
  const information = extensions.get(oids.authorityInfoAccess)
  if (extensions.has(oids.noRevAvail)) {
    return lists === undefined && information === undefined ? undefined : 'noRevAvail and addresses'
  }
  if (lists === undefined || information === undefined) return 'neither'
  return readFault(() => {
    readDistributionPoints(lists.value)
    readAuthorityInformation(information.value)
  })
}

function presence(leaf: Certificate, oid: string): string {
  return leaf.extensions.has(oid) ? 'readable' : 'none'
}

const usageNames: ReadonlyMap<string, string> = new Map([
  [oids.clientAuth, 'clientAuth'],
  [oids.serverAuth, 'serverAuth'],
])

function usagesText(usages: readonly string[] | undefined): string {
  return usages === undefined
    ? 'no extended key usage'
    : listed(usages.map((oid) => usageNames.get(oid) ?? oid))
}

/** At most 300 characters of it: what is found comes from outside. */
function listed(items: readonly string[]): string {
  const text = items.length === 0 ? 'none' : items.join(', ')
  return text.length <= 300 ? text : `${text.slice(0, 300)}…`
}
