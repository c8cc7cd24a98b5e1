import { type Assurance, assurances } from '@sallyport/wire'

/**
 * The base of Sallyport's own object identifiers: Microsoft's arc for a UUID in seven parts (16, 16,
 * 16, 16, 16, 24 and 24 bits of b6724b40-b90f-4bb3-a697-c8eeba6b28cd). No arc reaches 2²⁴; parsers
 * of Go and Python refuse the 128-bit arcs of 2.25.
 */
const base = '1.2.840.113556.1.8000.2554.46706.19264.47375.19379.42647.13168314.7022797'

/** Certificate policies: what is proven of the device's key, one of them in each certificate. */
const assurancePolicies: Readonly<Record<Assurance, string>> = {
  unattested: `${base}.1.1`,
  software: `${base}.1.2`,
  'app-attested': `${base}.1.3`,
  tee: `${base}.1.4`,
  'secure-enclave': `${base}.1.5`,
  strongbox: `${base}.1.6`,
}

export const oids = {
  base,
  assurancePolicies,
  /** The certificate policy of every certificate under the development root. */
  developmentPolicy: `${base}.1.100`,
  /** Extension: what a stateless gateway needs to know of the device. */
  facts: `${base}.2.1`,
  /** Extension: SHA-256 thumbprints of unexpired predecessors. */
  predecessors: `${base}.2.2`,

  basicConstraints: '2.5.29.19',
  keyUsage: '2.5.29.15',
  extendedKeyUsage: '2.5.29.37',
  subjectAlternativeName: '2.5.29.17',
  nameConstraints: '2.5.29.30',
  certificatePolicies: '2.5.29.32',
  anyPolicy: '2.5.29.32.0',
  subjectKeyIdentifier: '2.5.29.14',
  authorityKeyIdentifier: '2.5.29.35',
  noRevAvail: '2.5.29.56',
  cRLDistributionPoints: '2.5.29.31',
  authorityInfoAccess: '1.3.6.1.5.5.7.1.1',
  ocsp: '1.3.6.1.5.5.7.48.1',
  caIssuers: '1.3.6.1.5.5.7.48.2',

  crlNumber: '2.5.29.20',
  reasonCode: '2.5.29.21',
  issuingDistributionPoint: '2.5.29.28',

  ocspBasic: '1.3.6.1.5.5.7.48.1.1',
  ocspNonce: '1.3.6.1.5.5.7.48.1.2',
  ocspNoCheck: '1.3.6.1.5.5.7.48.1.5',
  ocspSigning: '1.3.6.1.5.5.7.3.9',
  sha1: '1.3.14.3.2.26',
  sha256: '2.16.840.1.101.3.4.2.1',

  clientAuth: '1.3.6.1.5.5.7.3.2',
  cmcRa: '1.3.6.1.5.5.7.3.28',
  serverAuth: '1.3.6.1.5.5.7.3.1',
  commonName: '2.5.4.3',
} as const

const assuranceByPolicy = new Map(
  assurances.map((assurance) => [assurancePolicies[assurance], assurance]),
)

/** The assurance that a certificate policy of ours asserts, or undefined. */
export function assuranceOfPolicy(policy: string): Assurance | undefined {
  return assuranceByPolicy.get(policy)
}

/** Whether an object identifier lies under Sallyport's base. */
export function isOwnOid(oid: string): boolean {
  return oid.startsWith(`${base}.`)
}

const ownNames = new Map<string, string>([
  ...assurances.map((name) => [assurancePolicies[name], `policy ${name}`] as const),
  [oids.developmentPolicy, 'policy development'],
  [oids.facts, 'facts'],
  [oids.predecessors, 'predecessors'],
])

/** What an object identifier of ours means, for a person. */
export function ownOidName(oid: string): string {
  return ownNames.get(oid) ?? oid
}
