import { readExtensions } from '../certificate-extensions.ts'
import { type DerCursor, readDer } from '../der/der-cursor.ts'
import { DerError } from '../der/der-error.ts'
import { octetsOf, smallIntegerOf } from '../der/der-value.ts'
import { contextConstructed, tags } from '../der/tag.ts'
import { oids } from '../oids.ts'
import { type CertificateId, readCertificateId } from './certificate-id.ts'

export type OcspRequest = {
  /** At least one. */
  readonly certificates: readonly CertificateId[]
  /** To be echoed: 1 to 32 bytes. Undefined where there is none, or one that is longer. */
  readonly nonce: Buffer | undefined
}

/** A request about one certificate has some 80 bytes, with a nonce 130. */
export const maxOcspRequestBytes = 8_192
/** Each costs a look into the store. */
const maxCertificates = 32
/** RFC 9654 §2.1: shorter than 1 and longer than 128 is malformed; over 32 need not be echoed. */
const nonceBytes = { echoed: 32, most: 128 }

/**
 * Reads an OCSPRequest (RFC 6960 §4.1) of at most 8 KiB about at most 32 certificates. Throws DerError:
 * the answer to which is `malformedRequest`. A signature and the name of who asks are measured and
 * not looked at: whoever asks is answered.
 */
export function parseOcspRequest(der: Uint8Array): OcspRequest {
  if (der.length > maxOcspRequestBytes) {
    throw new DerError(`OCSPRequest: over ${maxOcspRequestBytes} bytes`, maxOcspRequestBytes)
  }
  const outer = readDer(der, { maxDepth: 8 })
  const request = outer.enter('OCSPRequest')
  outer.end('OCSPRequest')
  const fields = request.enter('tbsRequest')
  request.optional(contextConstructed(0), 'optionalSignature')
  request.end('OCSPRequest')
  readVersion(fields)
  fields.optional(contextConstructed(1), 'requestorName')
  const certificates = readRequestList(fields.enter('requestList'))
  const nonce = readRequestExtensions(fields)
  fields.end('tbsRequest')
  return { certificates, nonce }
}

function readVersion(fields: DerCursor): void {
  if (fields.peek() !== contextConstructed(0)) return
  const wrapper = fields.enter('version', contextConstructed(0))
  // The default, which DER leaves out; old clients write it.
  smallIntegerOf(wrapper.next(tags.integer, 'version 1'), 0, 'version 1')
  wrapper.end('version')
}

function readRequestList(list: DerCursor): CertificateId[] {
  const certificates: CertificateId[] = []
  do {
    if (certificates.length === maxCertificates) {
      throw new DerError(`requestList: over ${maxCertificates} certificates`, list.offset)
    }
    const single = list.enter('request')
    certificates.push(readCertificateId(single))
    if (single.peek() === contextConstructed(0)) {
      const wrapper = single.enter('singleRequestExtensions', contextConstructed(0))
      const { offset } = wrapper
      refuseCritical(readExtensions(wrapper.enter('singleRequestExtensions')), offset)
      wrapper.end('singleRequestExtensions')
    }
    single.end('request')
  } while (!list.isDone)
  return certificates
}

function readRequestExtensions(fields: DerCursor): Buffer | undefined {
  if (fields.peek() !== contextConstructed(2)) return undefined
  const wrapper = fields.enter('requestExtensions', contextConstructed(2))
  const { offset } = wrapper
  const extensions = readExtensions(wrapper.enter('requestExtensions'))
  wrapper.end('requestExtensions')
  refuseCritical(extensions, offset)
  const nonce = extensions.get(oids.ocspNonce)
  return nonce === undefined ? undefined : readNonce(nonce.value)
}

function refuseCritical(
  extensions: ReadonlyMap<string, { critical: boolean }>,
  offset: number,
): void {
  for (const [oid, { critical }] of extensions) {
    if (critical && oid !== oids.ocspNonce) throw new DerError(`critical extension ${oid}`, offset)
  }
}

function readNonce(value: Buffer): Buffer | undefined {
  const outer = readDer(value)
  const element = outer.next(tags.octetString, 'Nonce')
  outer.end('Nonce')
  const nonce = octetsOf(element, 'Nonce')
  if (nonce.length === 0 || nonce.length > nonceBytes.most) {
    throw new DerError(`Nonce: not of 1 to ${nonceBytes.most} bytes`, element.offset)
  }
  return nonce.length > nonceBytes.echoed ? undefined : nonce
}
