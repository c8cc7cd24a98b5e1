import { isProblem } from '@sallyport/problem'
import { type Certificate, parseCertificate } from '../certificate.ts'
import {
  contextConstructed,
  type DerCursor,
  DerError,
  objectIdentifierOf,
  octetsOf,
  smallIntegerOf,
  tags,
} from '../der/index.ts'
import { enterContentInfo } from './content-info.ts'
import { type CertificateIdentifier, readCertificateIdentifier } from './certificate-identifier.ts'
import { readSignedAttributes, type SignedAttributes } from './signed-attributes.ts'

/** CMS SignedData of one signer (RFC 5652 §5), with its content inside. */
export type SignedData = {
  /** OID of what is signed. */
  readonly contentType: string
  readonly content: Buffer
  /** In the order of the message, which means nothing. */
  readonly certificates: readonly Certificate[]
  readonly signer: SignerInfo
}

/** RFC 5652 §5.3 */
export type SignerInfo = {
  /** Which certificate is the signer's. */
  readonly isCertificate: CertificateIdentifier
  /** OID */
  readonly digestAlgorithm: string
  /** Undefined: the signature is over the content itself. */
  readonly signedAttributes: SignedAttributes | undefined
  /** OID */
  readonly signatureAlgorithm: string
  readonly signature: Buffer
}

const maxCertificates = 6

/**
 * Reads CMS SignedData, BER or DER. One signer; certificates are X.509; revocation lists and unsigned
 * attributes are passed over. Nothing is verified. The caller bounds the length of the bytes first.
 * Throws DerError.
 */
export function readSignedData(bytes: Uint8Array): SignedData {
  const fields = enterContentInfo(bytes, 'SignedData')
  smallIntegerOf(fields.next(tags.integer, 'version'), 5, 'version')
  fields.next(tags.set, 'digestAlgorithms')
  const { contentType, content } = readContent(fields.enter('encapContentInfo'))
  const certificates = readCertificates(fields)
  fields.optional(contextConstructed(1), 'crls')
  const signers = fields.enter('signerInfos', tags.set)
  const signer = readSigner(signers.enter('SignerInfo'))
  signers.end('one SignerInfo')
  fields.end('SignedData')
  return { contentType, content, certificates, signer }
}

function readContent(info: DerCursor): { contentType: string; content: Buffer } {
  const contentType = objectIdentifierOf(info.next(tags.oid, 'eContentType'))
  const wrapper = info.enter('eContent', contextConstructed(0))
  info.end('encapContentInfo')
  const content = octetsOf(wrapper.next(tags.octetString, 'eContent'))
  wrapper.end('eContent')
  return { contentType, content }
}

function readCertificates(fields: DerCursor): Certificate[] {
  const set = fields.optional(contextConstructed(0), 'certificates')
  const certificates: Certificate[] = []
  if (set === undefined) return certificates
  for (const list = set.enter('certificates'); !list.isDone; ) {
    const element = list.next(tags.sequence, 'certificate')
    if (certificates.length === maxCertificates) {
      throw new DerError(`more than ${maxCertificates} certificates`, element.offset)
    }
    certificates.push(readCertificate(element.whole, element.offset))
  }
  return certificates
}

function readCertificate(der: Buffer, offset: number): Certificate {
  try {
    return parseCertificate(der)
  } catch (error) {
    if (isProblem(error)) throw new DerError(`certificate: ${error.found ?? error.detail}`, offset)
    throw error
  }
}

function readSigner(fields: DerCursor): SignerInfo {
  smallIntegerOf(fields.next(tags.integer, 'version'), 5, 'version')
  const isCertificate = readCertificateIdentifier(fields, 'sid')
  const digestAlgorithm = readAlgorithm(fields.enter('digestAlgorithm'))
  const attributes = fields.optional(contextConstructed(0), 'signedAttrs')
  const signatureAlgorithm = readAlgorithm(fields.enter('signatureAlgorithm'))
  const signature = octetsOf(fields.next(tags.octetString, 'signature'))
  fields.optional(contextConstructed(1), 'unsignedAttrs')
  fields.end('SignerInfo')
  return {
    isCertificate,
    digestAlgorithm,
    signedAttributes:
      attributes === undefined ? undefined : readSignedAttributes(attributes.enter('signedAttrs')),
    signatureAlgorithm,
    signature,
  }
}

/** Parameters are absent or NULL where an algorithm here has any meaning for us; they are not read. */
function readAlgorithm(fields: DerCursor): string {
  const oid = objectIdentifierOf(fields.next(tags.oid, 'algorithm'))
  if (!fields.isDone) fields.next(undefined, 'parameters')
  fields.end('algorithm')
  return oid
}
