import { type DerCursor, readDer } from '../der/der-cursor.ts'
import { DerError } from '../der/der-error.ts'
import { asciiOf, booleanOf } from '../der/der-value.ts'
import { derContext, derContextPrimitive, derOid, derSequence } from '../der/der-writer.ts'
import { objectIdentifierOf } from '../der/object-identifier.ts'
import { contextConstructed, contextPrimitive, tags } from '../der/tag.ts'
import { oids } from '../oids.ts'

/** Where the status of a certificate is published; stands in the certificate. */
export type PublishedAddresses = {
  /** Of the list that it would be on: `http` URLs, all of the same list. */
  readonly certificateLists: readonly string[]
  /** Of OCSP responders. */
  readonly ocsp: readonly string[]
  /** Of its issuer's certificate. */
  readonly issuerCertificates: readonly string[]
}

/** What a list is of (RFC 5280 §5.2.5). */
export type ListScope = {
  /** The addresses that stand in the certificates of this scope. */
  readonly addresses: readonly string[]
  readonly onlyUserCertificates: boolean
}

const uniformResourceIdentifier = 6
const urlForm = /^https?:\/\/[\x21-\x7e]{1,1000}$/
const maxAddresses = 16

/** CRLDistributionPoints (RFC 5280 §4.2.1.13): one point, whose names are all of the same list. */
export function encodeDistributionPoints(urls: readonly string[]): Buffer {
  return derSequence(derSequence(fullName(urls)))
}

/** The URLs of all distribution points. Those of other forms, and of other issuers, are not read. */
export function readDistributionPoints(value: Uint8Array): string[] {
  const outer = readDer(value)
  const points = outer.enter('cRLDistributionPoints')
  outer.end('cRLDistributionPoints')
  const urls: string[] = []
  do {
    const point = points.enter('distributionPoint')
    urls.push(...readFullName(point))
    point.optional(contextPrimitive(1), 'reasons')
    point.optional(contextConstructed(2), 'cRLIssuer')
    point.end('distributionPoint')
  } while (!points.isDone)
  return urls
}

/** IssuingDistributionPoint (RFC 5280 §5.2.5). */
export function encodeIssuingDistributionPoint(scope: ListScope): Buffer {
  return derSequence(
    ...(scope.addresses.length === 0 ? [] : [fullName(scope.addresses)]),
    ...(scope.onlyUserCertificates ? [derContextPrimitive(1, Buffer.from([0xff]))] : []),
  )
}

/** Throws DerError for scopes that we do not understand: of CAs, of some reasons, indirect, of attributes. */
export function readIssuingDistributionPoint(value: Uint8Array): ListScope {
  const outer = readDer(value)
  const point = outer.enter('issuingDistributionPoint')
  outer.end('issuingDistributionPoint')
  const addresses = readFullName(point)
  const users = point.optional(contextPrimitive(1), 'onlyContainsUserCerts')
  const onlyUserCertificates = users !== undefined && booleanOf(users, 'onlyContainsUserCerts')
  point.end('issuingDistributionPoint: a scope that is not understood')
  return { addresses, onlyUserCertificates }
}

/** AuthorityInfoAccess (RFC 5280 §4.2.2.1). */
export function encodeAuthorityInformation(
  addresses: Pick<PublishedAddresses, 'ocsp' | 'issuerCertificates'>,
): Buffer {
  const describe = (method: string) => (url: string) => derSequence(derOid(method), uri(url))
  return derSequence(
    ...addresses.ocsp.map(describe(oids.ocsp)),
    ...addresses.issuerCertificates.map(describe(oids.caIssuers)),
  )
}

/** The URLs of OCSP responders and issuer certificates. Other methods and forms are not read. */
export function readAuthorityInformation(
  value: Uint8Array,
): Pick<PublishedAddresses, 'ocsp' | 'issuerCertificates'> {
  const outer = readDer(value)
  const descriptions = outer.enter('authorityInfoAccess')
  outer.end('authorityInfoAccess')
  const urls: Record<string, string[]> = { [oids.ocsp]: [], [oids.caIssuers]: [] }
  do {
    const description = descriptions.enter('accessDescription')
    const method = objectIdentifierOf(description.next(tags.oid, 'accessMethod'))
    const location = description.next(undefined, 'accessLocation')
    description.end('accessDescription')
    if (location.tag !== contextPrimitive(uniformResourceIdentifier)) continue
    if (Object.hasOwn(urls, method)) urls[method]?.push(asciiOf(location, 'accessLocation'))
  } while (!descriptions.isDone)
  return { ocsp: urls[oids.ocsp] ?? [], issuerCertificates: urls[oids.caIssuers] ?? [] }
}

/** DistributionPointName with a fullName. Both are choices, hence tagged explicitly. */
function fullName(urls: readonly string[]): Buffer {
  if (urls.length === 0 || urls.length > maxAddresses) {
    throw new TypeError(`a distribution point has 1 to ${maxAddresses} addresses`)
  }
  return derContext(0, derContext(0, ...urls.map(uri)))
}

function uri(url: string): Buffer {
  if (!urlForm.test(url)) throw new TypeError(`not a URL in ASCII: ${url}`)
  return derContextPrimitive(uniformResourceIdentifier, Buffer.from(url, 'latin1'))
}

function readFullName(point: DerCursor): string[] {
  if (point.peek() !== contextConstructed(0)) return []
  const name = point.enter('distributionPoint', contextConstructed(0))
  const names = name.enter('fullName', contextConstructed(0))
  name.end('distributionPoint')
  const urls: string[] = []
  do {
    const { offset } = names
    if (urls.length === maxAddresses) throw new DerError('fullName: too many names', offset)
    const general = names.next(undefined, 'fullName')
    if (general.tag === contextPrimitive(uniformResourceIdentifier)) {
      urls.push(asciiOf(general, 'fullName'))
    }
  } while (!names.isDone)
  return urls
}
