import {
  bitStringOctetsOf,
  type Certificate,
  contextConstructed,
  contextPrimitive,
  type DerCursor,
  type DerElement,
  DerError,
  isIssuedBy,
  isSignedBy,
  objectIdentifierOf,
  octetsOf,
  parseCertificate,
  readDer,
  tags,
  timeOf,
} from '@sallyport/pki'
import { isProblem } from '@sallyport/problem'
import type { StatusSource } from './certificate-status-source.ts'
import { certificateStatusId } from './ocsp-request.ts'

/** A response that may be stapled. */
export type GoodResponse = {
  readonly der: Buffer
  /** Milliseconds. */
  readonly thisUpdate: number
  readonly nextUpdate: number
}

export const maxResponseBytes = 65_536
const basicResponse = '1.3.6.1.5.5.7.48.1.1'
const ocspSigning = '1.3.6.1.5.5.7.3.9'
/** What is said of a response that says so: there is no staple then, not even an older one. */
export const revoked = 'the certificate is revoked'
const clockToleranceMs = 300_000
const maxCertificates = 8
const failures = ['successful', 'malformedRequest', 'internalError', 'tryLater', '', 'sigRequired']

/**
 * Reads an OCSPResponse (RFC 6960 §4.2) and believes it only where a client would: signed by the issuer, or
 * by whom the issuer appointed for it (§4.2.2.2); about this very certificate; of now; and good. A text says
 * what is wrong with it.
 */
export function readOcspResponse(
  der: Buffer,
  source: StatusSource,
  now: number,
): GoodResponse | string {
  if (der.length > maxResponseBytes) return `it is larger than ${maxResponseBytes} bytes`
  try {
    return readResponse(der, source, now)
  } catch (error) {
    if (isProblem(error) || error instanceof DerError) return `it is malformed: ${error.message}`
    throw error
  }
}

function readResponse(der: Buffer, source: StatusSource, now: number): GoodResponse | string {
  const outer = readDer(der)
  const response = outer.enter('OCSPResponse')
  outer.end('OCSPResponse')
  const [status = 0xff] = response.next(tags.enumerated, 'responseStatus').content
  if (status !== 0) return `the responder answers ${failures[status] || status}`
  const bytes = response.enter('responseBytes', contextConstructed(0)).enter('ResponseBytes')
  const type = objectIdentifierOf(bytes.next(tags.oid, 'responseType'))
  if (type !== basicResponse) return `the response is of type ${type}`
  const basic = readDer(octetsOf(bytes.next(tags.octetString))).enter('BasicOCSPResponse')
  const data = basic.next(tags.sequence, 'tbsResponseData')
  const algorithm = objectIdentifierOf(basic.enter('signatureAlgorithm').next(tags.oid))
  const signature = bitStringOctetsOf(basic.next(tags.bitString, 'signature'))
  const appointed = certificatesOf(basic.optional(contextConstructed(0), 'certs'))
  const isSigned = [
    source.issuer,
    ...appointed.filter((one) => maySpeakFor(one, source, now)),
  ].some(({ publicKey }) => isSignedBy(publicKey, algorithm, data.whole, signature))
  if (!isSigned) return 'neither the issuer nor a responder of its own has signed it'
  return readStatus(data.enter('ResponseData'), der, source, now)
}

function maySpeakFor(candidate: Certificate, { issuer }: StatusSource, now: number): boolean {
  return (
    candidate.extendedKeyUsage?.includes(ocspSigning) === true &&
    candidate.notBefore <= now &&
    now <= candidate.notAfter &&
    isIssuedBy(candidate, issuer)
  )
}

function certificatesOf(element: DerElement | undefined): Certificate[] {
  if (element === undefined) return []
  const list = element.enter('certs').enter('certs')
  const found: Certificate[] = []
  while (!list.isDone) {
    if (found.length === maxCertificates) throw new DerError('certs: too many', list.offset)
    found.push(parseCertificate(list.next(tags.sequence, 'certificate').whole))
  }
  return found
}

function readStatus(
  data: DerCursor,
  der: Buffer,
  { leaf, issuer }: StatusSource,
  now: number,
): GoodResponse | string {
  data.optional(contextConstructed(0), 'version')
  // byName or byKey: the signature says who it was.
  data.next(undefined, 'responderID')
  data.next(tags.generalizedTime, 'producedAt')
  const responses = data.enter('responses')
  const wanted = certificateStatusId(leaf, issuer)
  while (!responses.isDone) {
    const single = responses.enter('SingleResponse')
    const id = single.next(tags.sequence, 'certID').whole
    const status = single.next(undefined, 'certStatus')
    const thisUpdate = timeOf(single.next(tags.generalizedTime, 'thisUpdate'))
    const until = single.optional(contextConstructed(0), 'nextUpdate')
    if (!isSameId(id, wanted)) continue
    if (status.tag !== contextPrimitive(0)) {
      const isRevoked = status.tag === contextConstructed(1)
      return isRevoked ? revoked : 'the responder does not know the certificate'
    }
    if (until === undefined) return 'it does not say until when it counts'
    const nextUpdate = timeOf(until.enter('nextUpdate').next(tags.generalizedTime))
    if (thisUpdate > now + clockToleranceMs) return 'it is of the future'
    if (nextUpdate <= now) return `it counted until ${new Date(nextUpdate).toISOString()}`
    return { der, thisUpdate, nextUpdate }
  }
  return 'it is about other certificates'
}

// The parameters of SHA-1 are NULL, or left out: all that follows them is compared byte for byte.
function isSameId(found: Buffer, wanted: Buffer): boolean {
  const [one, other] = [found, wanted].map((der) => {
    const id = readDer(der).enter('CertID')
    const algorithm = objectIdentifierOf(id.enter('hashAlgorithm').next(tags.oid))
    const rest = [id.next().whole, id.next().whole, id.next().whole]
    return `${algorithm} ${Buffer.concat(rest).toString('hex')}`
  })
  return one === other
}
