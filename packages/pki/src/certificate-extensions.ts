import { type DerCursor, readDer } from './der/der-cursor.ts'
import { DerError } from './der/der-error.ts'
import { asciiOf, booleanOf, namedBitsOf, octetsOf, smallIntegerOf } from './der/der-value.ts'
import { objectIdentifierOf } from './der/object-identifier.ts'
import { contextPrimitive, isContext, tagNumber, tags } from './der/tag.ts'

export type Extension = { readonly critical: boolean; readonly value: Buffer }

/** Extensions (RFC 5280 §4.2), by OID. One OID twice is an error. */
export function readExtensions(list: DerCursor): Map<string, Extension> {
  const extensions = new Map<string, Extension>()
  if (list.isDone) throw new DerError('extensions: empty', list.offset)
  while (!list.isDone) {
    const { offset } = list
    const extension = list.enter('extension')
    const oid = objectIdentifierOf(extension.next(tags.oid, 'extension'))
    // DER leaves FALSE out, for it is the default; CAs that write it are common enough to read it.
    const critical = extension.optional(tags.boolean)
    const value = octetsOf(extension.next(tags.octetString, `extension ${oid}`))
    extension.end(`extension ${oid}`)
    if (extensions.has(oid)) throw new DerError(`extension ${oid} is there twice`, offset)
    extensions.set(oid, {
      critical: critical !== undefined && booleanOf(critical, `extension ${oid}`),
      value,
    })
  }
  return extensions
}

/** BasicConstraints, RFC 5280 §4.2.1.9. */
export function readBasicConstraints(value: Buffer): { isCa: boolean; pathLength?: number } {
  return whole(value, 'basicConstraints', (constraints) => {
    const ca = constraints.optional(tags.boolean)
    const isCa = ca !== undefined && booleanOf(ca, 'cA')
    const pathLength = constraints.optional(tags.integer)
    if (pathLength === undefined) return { isCa }
    return { isCa, pathLength: smallIntegerOf(pathLength, 255, 'pathLenConstraint') }
  })
}

/** The names of the bits of KeyUsage, RFC 5280 §4.2.1.3, by position. */
export const keyUsages = [
  'digitalSignature',
  'nonRepudiation',
  'keyEncipherment',
  'dataEncipherment',
  'keyAgreement',
  'keyCertSign',
  'cRLSign',
  'encipherOnly',
  'decipherOnly',
] as const
export type KeyUsage = (typeof keyUsages)[number]

export function readKeyUsage(value: Buffer): Set<string> {
  const outer = readDer(value)
  const element = outer.next(tags.bitString, 'keyUsage')
  outer.end('keyUsage')
  const bits = namedBitsOf(element, 'keyUsage')
  if (bits.includes(true, keyUsages.length)) {
    throw new DerError('keyUsage: unknown bit', element.offset)
  }
  return new Set(keyUsages.filter((_, position) => bits[position] === true))
}

/** ExtKeyUsageSyntax, RFC 5280 §4.2.1.12: at least one OID. */
export function readExtendedKeyUsage(value: Buffer): string[] {
  return whole(value, 'extKeyUsage', (list) => {
    const usages: string[] = []
    do usages.push(objectIdentifierOf(list.next(tags.oid, 'extKeyUsage')))
    while (!list.isDone)
    return usages
  })
}

const uniformResourceIdentifier = 6
/** The last choice of GeneralName, registeredID. */
const lastGeneralName = 8

/** SubjectAltName, RFC 5280 §4.2.1.6: its URIs, and how many names of other forms there are. */
export function readSubjectAlternativeName(value: Buffer): { uris: string[]; otherNames: number } {
  return whole(value, 'subjectAltName', (list) => {
    const uris: string[] = []
    let otherNames = 0
    do {
      const name = list.next(undefined, 'subjectAltName')
      if (!isContext(name.tag) || tagNumber(name.tag) > lastGeneralName) {
        throw new DerError('subjectAltName: not a GeneralName', name.offset)
      }
      if (name.tag === contextPrimitive(uniformResourceIdentifier)) uris.push(asciiOf(name, 'URI'))
      else otherNames++
    } while (!list.isDone)
    return { uris, otherNames }
  })
}

/** CertificatePolicies, RFC 5280 §4.2.1.4. Qualifiers are not read. One policy twice is an error. */
export function readCertificatePolicies(value: Buffer): string[] {
  return whole(value, 'certificatePolicies', (list) => {
    const policies: string[] = []
    do {
      const { offset } = list
      const information = list.enter('policyInformation')
      const oid = objectIdentifierOf(information.next(tags.oid, 'policyIdentifier'))
      information.optional(tags.sequence)
      information.end('policyInformation')
      if (policies.includes(oid)) throw new DerError(`policy ${oid} is there twice`, offset)
      policies.push(oid)
    } while (!list.isDone)
    return policies
  })
}

/** SubjectKeyIdentifier in hex. */
export function readSubjectKeyIdentifier(value: Buffer): string {
  const outer = readDer(value)
  const element = outer.next(tags.octetString, 'subjectKeyIdentifier')
  outer.end('subjectKeyIdentifier')
  return element.content.toString('hex')
}

/** The keyIdentifier of AuthorityKeyIdentifier in hex, if it has one; issuer and serial are not read. */
export function readAuthorityKeyIdentifier(value: Buffer): string | undefined {
  return whole(value, 'authorityKeyIdentifier', (fields) => {
    const identifier = fields.optional(contextPrimitive(0))
    while (!fields.isDone) fields.next(undefined, 'authorityKeyIdentifier')
    return identifier?.content.toString('hex')
  })
}

/** Reads the SEQUENCE that is the whole of a value. */
function whole<T>(value: Buffer, what: string, read: (inside: DerCursor) => T): T {
  const outer = readDer(value)
  const inside = outer.enter(what)
  outer.end(what)
  const result = read(inside)
  inside.end(what)
  return result
}
