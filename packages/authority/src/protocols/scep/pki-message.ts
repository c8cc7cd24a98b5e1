import { type Certificate, type DerElement, DerError, tags } from '@sallyport/pki'
import {
  isSignedContent,
  isSignedContentBySha1,
  readSignedData,
  type SignedData,
} from '@sallyport/pki/cms'
import { Problem } from '@sallyport/problem'
import { scepRequestTypes } from '../../signer/signer.ts'
import { scepOids } from './scep-oids.ts'

export type ScepRequestType = (typeof scepRequestTypes)[number]

/** A request of SCEP (RFC 8894 §3.2), whose sender holds the key of its certificate. */
export type PkiMessage = {
  readonly messageType: ScepRequestType
  readonly transactionId: string
  readonly senderNonce: Buffer
  /** Self-signed in an enrolment; of ours in a renewal. Nothing is believed of it but its key. */
  readonly signer: Certificate
  /** CMS EnvelopedData. */
  readonly envelope: Buffer
}

/** Longer than any client makes it; it stands in the answer. */
const maxTransactionCharacters = 128
const maxNonceBytes = 32

/**
 * Reads a pkiMessage and verifies its signature. The caller bounds the length of the bytes first.
 *
 * @throws Problem `cms_malformed`, `cms_signature_invalid`
 */
export function readPkiMessage(
  bytes: Uint8Array,
  { insecureSha1 }: { insecureSha1: boolean },
): PkiMessage {
  const signedData = readOrRefuse(() => readSignedData(bytes))
  const message = readOrRefuse(() => readAttributes(signedData))
  const signer = signedData.certificates.find((one) => signedData.signer.isCertificate(one))
  const isSigned =
    signer !== undefined &&
    (isSignedContent(signedData, signer) ||
      (insecureSha1 && isSignedContentBySha1(signedData, signer)))
  if (!isSigned) {
    throw new Problem('cms_signature_invalid', {
      expected: 'a signature over SHA-256 or better by a certificate in the message',
      found: signer === undefined ? 'no certificate of the signer' : 'one that does not verify',
    })
  }
  return { ...message, signer, envelope: signedData.content }
}

function readAttributes({ signer }: SignedData) {
  const { signedAttributes } = signer
  if (signedAttributes === undefined) throw new DerError('signedAttrs missing', 0)
  const value = (oid: string, what: string): DerElement => {
    const [first, second] = signedAttributes.values.get(oid) ?? []
    if (first !== undefined && second === undefined) return first
    throw new DerError(`${what} missing, or there are several`, 0)
  }
  const messageType = printable(value(scepOids.messageType, 'messageType'))
  const known = scepRequestTypes.find((type) => type === messageType)
  if (known === undefined) throw new DerError('messageType: none that is answered', 0)
  const nonce = value(scepOids.senderNonce, 'senderNonce')
  const { length } = nonce.content
  if (nonce.tag !== tags.octetString || length === 0 || length > maxNonceBytes) {
    throw new DerError(`senderNonce: not 1 to ${maxNonceBytes} bytes`, nonce.offset)
  }
  return {
    messageType: known,
    transactionId: printable(value(scepOids.transactionId, 'transactionID')),
    senderNonce: nonce.content,
  }
}

/** What PrintableString has, and some write that is not in it: `=`, `_`, `@`. */
function printable({ tag, content, offset }: DerElement): string {
  const text = content.toString('latin1')
  if (tag === tags.printableString && /^[\x21-\x7e]{1,128}$/.test(text)) return text
  throw new DerError(`expected 1 to ${maxTransactionCharacters} printable characters`, offset)
}

function readOrRefuse<T>(read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof DerError)) throw error
    throw new Problem('cms_malformed', {
      expected: 'a pkiMessage of SCEP (RFC 8894 §3.2)',
      found: error.message,
      cause: error,
    })
  }
}
