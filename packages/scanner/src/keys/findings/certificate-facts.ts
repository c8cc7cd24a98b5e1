import { X509Certificate } from 'node:crypto'
import { rootCertificates } from 'node:tls'
import { type BerElement, berTags, readBer } from '../ber.ts'
import { unlessFault } from '../key-fault.ts'
import type { FoundCertificate } from '../key-material.ts'

/** What a certificate says of itself. */
export type CertificateFacts = {
  readonly x509: X509Certificate
  readonly subject: string
  readonly issuer: string
  /** Hex, lower case, without leading zeros. */
  readonly serial: string
  readonly notBefore: Date
  readonly notAfter: Date
  /** OIDs. Undefined: any purpose. */
  readonly extendedKeyUsage: readonly string[] | undefined
  readonly isCa: boolean
  /** Whether key usage, where there is one, lets it sign certificates. Undefined: no key usage. */
  readonly signsCertificates: boolean | undefined
  readonly isSelfIssued: boolean
}

/** Undefined where OpenSSL does not read it, or its dates are none. */
export function readCertificateFacts({
  der,
  parts,
}: FoundCertificate): CertificateFacts | undefined {
  let x509: X509Certificate
  try {
    x509 = new X509Certificate(der)
  } catch {
    return undefined
  }
  const { validFromDate: notBefore, validToDate: notAfter } = x509
  if (Number.isNaN(notBefore.getTime()) || Number.isNaN(notAfter.getTime())) return undefined
  const keyUsage = x509Extension(der, '551d0f')
  return {
    x509,
    subject: oneLine(x509.subject),
    issuer: oneLine(x509.issuer),
    serial: x509.serialNumber.toLowerCase().replace(/^0+(?=.)/, ''),
    notBefore,
    notAfter,
    // Node calls it so; it is the extended one, and undefined where there is none.
    extendedKeyUsage: x509.keyUsage,
    isCa: x509.ca,
    signsCertificates: keyUsage === undefined ? undefined : hasKeyCertSign(keyUsage),
    isSelfIssued: parts.subject.equals(parts.issuer),
  }
}

const maxNameCharacters = 200

/** A name as it may be printed: it comes from outside. */
function oneLine(name: string | undefined): string {
  const text = (name ?? '').replaceAll(/[^\p{L}\p{M}\p{N}\p{P}\p{S} \n]/gu, '\u{fffd}')
  return text.split('\n').toReversed().join(', ').slice(0, maxNameCharacters) || '(no name)'
}

/** The value of an extension, by the hex of its OID. */
function x509Extension(der: Buffer, oid: string): BerElement | undefined {
  return unlessFault(() => {
    const tbs = readBer(der).children()[0]?.children() ?? []
    const extensions =
      tbs
        .find(({ tag }) => tag === 0xa3)
        ?.children()[0]
        ?.children() ?? []
    for (const extension of extensions) {
      const members = extension.children()
      const value = members.at(-1)
      if (members[0]?.content.toString('hex') !== oid || value?.tag !== berTags.octetString)
        continue
      return readBer(value.content)
    }
    return undefined
  })
}

function hasKeyCertSign(keyUsage: BerElement): boolean {
  return ((keyUsage.content[1] ?? 0) & 0x04) !== 0
}

export type IssuerKind = 'itself' | 'a public CA' | 'a private CA'

let publicRoots: { subjects: Set<string>; organizations: Set<string> } | undefined

/**
 * Who issued it. Public: an organization that has a root in Mozilla's list, which Node carries. By name, for a
 * certificate rarely brings its intermediates along; the finding says so.
 */
export function issuerKind(facts: CertificateFacts): IssuerKind {
  if (facts.isSelfIssued) return 'itself'
  publicRoots ??= readPublicRoots()
  const organization = organizationOf(facts.x509.issuer)
  if (publicRoots.subjects.has(facts.x509.issuer)) return 'a public CA'
  if (organization !== undefined && publicRoots.organizations.has(organization))
    return 'a public CA'
  return 'a private CA'
}

/** Organizations of intermediates under roots of another name. */
const moreOrganizations = ["Let's Encrypt", 'Google Trust Services', 'ZeroSSL', 'Cloudflare, Inc.']

function readPublicRoots(): { subjects: Set<string>; organizations: Set<string> } {
  const subjects = rootCertificates.map((pem) => new X509Certificate(pem).subject)
  const organizations = subjects.flatMap((subject) => organizationOf(subject) ?? [])
  return {
    subjects: new Set(subjects),
    organizations: new Set([...organizations, ...moreOrganizations]),
  }
}

function organizationOf(name: string | undefined): string | undefined {
  return /^O=(.+)$/m.exec(name ?? '')?.[1]
}
