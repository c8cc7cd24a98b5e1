import {
  asciiOf,
  type Certificate,
  certificatesFromPem,
  contextPrimitive,
  DerError,
  objectIdentifierOf,
  readDer,
  smallIntegerOf,
  tags,
} from '@sallyport/pki'
import { isProblem } from '@sallyport/problem'

/** Where the status of a certificate is asked for, and who answers for it. */
export type StatusSource = {
  readonly leaf: Certificate
  readonly issuer: Certificate
  readonly url: string
}

const authorityInformationAccess = '1.3.6.1.5.5.7.1.1'
const ocspAccess = '1.3.6.1.5.5.7.48.1'
const tlsFeature = '1.3.6.1.5.5.7.1.24'
/** status_request (RFC 6066 §8), as an extension that the certificate demands (RFC 7633 §4.2.3). */
const statusRequest = 5

/**
 * Where to ask for the status of the first certificate of a PEM file (RFC 5280 §4.2.2.1). A text says
 * why it cannot be asked for.
 */
export function statusSource(pem: string): StatusSource | string {
  try {
    const [leaf, ...chain] = certificatesFromPem(pem)
    if (leaf === undefined) return 'there is no certificate'
    const url = ocspUrl(leaf)
    if (url === undefined) return 'the certificate names no OCSP responder over http'
    const issuer = chain.find((candidate) => candidate.subject.equals(leaf.issuer))
    if (issuer === undefined) return 'its issuer is not behind it in the file'
    return { leaf, issuer, url }
  } catch (error) {
    if (isProblem(error) || error instanceof DerError) return error.message
    throw error
  }
}

/** Whether a certificate is refused without a stapled response (RFC 7633). */
export function demandsStapling(pem: string): boolean {
  try {
    const value = certificatesFromPem(pem)[0]?.extensions.get(tlsFeature)?.value
    if (value === undefined) return false
    const features = readDer(value).enter('TLSFeature')
    while (!features.isDone) {
      if (smallIntegerOf(features.next(tags.integer), 65_535) === statusRequest) return true
    }
    return false
  } catch (error) {
    if (isProblem(error) || error instanceof DerError) return false
    throw error
  }
}

function ocspUrl(leaf: Certificate): string | undefined {
  const value = leaf.extensions.get(authorityInformationAccess)?.value
  if (value === undefined) return undefined
  const descriptions = readDer(value).enter('AuthorityInfoAccess')
  while (!descriptions.isDone) {
    const description = descriptions.enter('AccessDescription')
    const method = objectIdentifierOf(description.next(tags.oid))
    const location = description.next()
    if (method !== ocspAccess || location.tag !== contextPrimitive(6)) continue
    const url = asciiOf(location)
    if (/^https?:\/\//i.test(url) && URL.canParse(url)) return url
  }
  return undefined
}
