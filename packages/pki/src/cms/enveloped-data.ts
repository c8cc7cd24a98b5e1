import {
  contextConstructed,
  contextPrimitive,
  type DerCursor,
  DerError,
  objectIdentifierOf,
  octetsOf,
  smallIntegerOf,
  tags,
} from '../der/index.ts'
import { type ContentCipher, contentCiphers } from './content-cipher.ts'
import { enterContentInfo } from './content-info.ts'
import { type CertificateIdentifier, readCertificateIdentifier } from './certificate-identifier.ts'
import { type KeyTransport, readKeyTransport } from './key-transport.ts'

/** CMS EnvelopedData whose key goes to holders of RSA keys (RFC 5652 §6), still encrypted. */
export type EnvelopedData = {
  readonly recipients: readonly Recipient[]
  /** OID of what is inside. */
  readonly contentType: string
  readonly cipher: ContentCipher
  readonly iv: Buffer
  readonly encrypted: Buffer
}

/** KeyTransRecipientInfo, RFC 5652 §6.2.1. */
export type Recipient = {
  /** Which certificate is the recipient's. */
  readonly isCertificate: CertificateIdentifier
  readonly transport: KeyTransport
  readonly encryptedKey: Buffer
}

const maxRecipients = 4

/**
 * Reads CMS EnvelopedData, BER or DER. Every recipient has the key by key transport; ciphers are those of
 * `contentCiphers`. Nothing is decrypted. The caller bounds the length of the bytes first. Throws DerError.
 */
export function readEnvelopedData(bytes: Uint8Array): EnvelopedData {
  const fields = enterContentInfo(bytes, 'EnvelopedData')
  smallIntegerOf(fields.next(tags.integer, 'version'), 4, 'version')
  fields.optional(contextConstructed(0), 'originatorInfo')
  const recipients = readRecipients(fields.enter('recipientInfos', tags.set))
  const content = readEncryptedContent(fields.enter('encryptedContentInfo'))
  fields.optional(contextConstructed(1), 'unprotectedAttrs')
  fields.end('EnvelopedData')
  return { recipients, ...content }
}

function readRecipients(list: DerCursor): Recipient[] {
  const recipients: Recipient[] = []
  do {
    if (recipients.length === maxRecipients) {
      throw new DerError(`more than ${maxRecipients} recipients`, list.offset)
    }
    recipients.push(readRecipient(list.enter('KeyTransRecipientInfo')))
  } while (!list.isDone)
  return recipients
}

function readRecipient(fields: DerCursor): Recipient {
  smallIntegerOf(fields.next(tags.integer, 'version'), 2, 'version')
  const isCertificate = readCertificateIdentifier(fields, 'rid')
  const transport = readKeyTransport(fields.next(tags.sequence, 'keyEncryptionAlgorithm'))
  const encryptedKey = octetsOf(fields.next(tags.octetString, 'encryptedKey'))
  fields.end('KeyTransRecipientInfo')
  return { isCertificate, transport, encryptedKey }
}

function readEncryptedContent(fields: DerCursor): Omit<EnvelopedData, 'recipients'> {
  const contentType = objectIdentifierOf(fields.next(tags.oid, 'contentType'))
  const algorithm = fields.next(tags.sequence, 'contentEncryptionAlgorithm')
  const parts = algorithm.enter('contentEncryptionAlgorithm')
  const oid = objectIdentifierOf(parts.next(tags.oid, 'algorithm'))
  const cipher = contentCiphers.find((known) => known.oid === oid)
  if (cipher === undefined) {
    const names = contentCiphers.map(({ name }) => name).join(', ')
    throw new DerError(`content encryption: expected ${names}, found ${oid}`, algorithm.offset)
  }
  const iv = octetsOf(parts.next(tags.octetString, 'initialization vector'))
  parts.end('contentEncryptionAlgorithm')
  if (iv.length !== cipher.ivBytes) {
    throw new DerError(`initialization vector: not ${cipher.ivBytes} bytes`, algorithm.offset)
  }
  return { contentType, cipher, iv, encrypted: readEncrypted(fields) }
}

/** `[0] IMPLICIT OCTET STRING`, which writers of BER put into pieces. */
function readEncrypted(fields: DerCursor): Buffer {
  const whole = fields.optional(contextPrimitive(0))
  if (whole !== undefined) {
    fields.end('encryptedContentInfo')
    return whole.content
  }
  const pieces: Buffer[] = []
  const list = fields.enter('encryptedContent', contextConstructed(0))
  fields.end('encryptedContentInfo')
  while (!list.isDone) pieces.push(octetsOf(list.next(tags.octetString, 'a piece')))
  return Buffer.concat(pieces)
}
