import { Problem } from '@sallyport/problem'
import { randomBytes } from 'node:crypto'
import type { Certificate } from '../certificate.ts'
import { DerError } from '../der/index.ts'
import { type ContentCipher, decryptContent } from './content-cipher.ts'
import { type EnvelopedData, readEnvelopedData } from './enveloped-data.ts'
import type { UnwrapKey } from '../signing-key.ts'

export type OpenEnvelopeOptions = {
  /** The recipient's certificate. */
  readonly certificate: Certificate
  /** Decrypts a content key with the recipient's private key, wherever that lives. */
  readonly unwrap: UnwrapKey
  /** What a message may be encrypted with. */
  readonly ciphers: readonly ContentCipher['name'][]
}

/**
 * The content of CMS EnvelopedData (BER or DER) that is encrypted to a certificate. Whatever is wrong with
 * key or padding is one and the same refusal, and as much work: the sender chooses the bytes, and must not
 * learn from the answer (Bleichenbacher, Vaudenay). The caller bounds the length of the bytes first.
 *
 * @throws Problem `cms_malformed`, `cms_recipient_unknown`, `cms_cipher_not_allowed`,
 *   `cms_decryption_failed`; what `unwrap` rejects with
 */
export async function openEnvelope(
  bytes: Uint8Array,
  { certificate, unwrap, ciphers }: OpenEnvelopeOptions,
): Promise<Buffer> {
  const enveloped = readOrRefuse(bytes)
  const { cipher, iv, encrypted } = enveloped
  const recipient = enveloped.recipients.find(({ isCertificate }) => isCertificate(certificate))
  if (recipient === undefined) throw new Problem('cms_recipient_unknown')
  if (!ciphers.includes(cipher.name)) {
    throw new Problem('cms_cipher_not_allowed', {
      expected: ciphers.join(', '),
      found: cipher.name,
    })
  }
  // Made before it is known whether it is needed: a key that could not be had takes as long.
  const another = randomBytes(cipher.keyBytes)
  const unwrapped = await unwrap(recipient.encryptedKey, recipient.transport)
  const isKey = unwrapped?.length === cipher.keyBytes
  const key = isKey ? unwrapped : another
  const content = decryptOrNothing(cipher, { key, iv, encrypted })
  if (!isKey || content === undefined) throw new Problem('cms_decryption_failed')
  return content
}

function readOrRefuse(bytes: Uint8Array): EnvelopedData {
  try {
    return readEnvelopedData(bytes)
  } catch (error) {
    if (!(error instanceof DerError)) throw error
    throw new Problem('cms_malformed', {
      expected: 'EnvelopedData to RSA keys (RFC 5652 §6)',
      found: error.message,
      cause: error,
    })
  }
}

function decryptOrNothing(
  cipher: ContentCipher,
  parts: Parameters<typeof decryptContent>[1],
): Buffer | undefined {
  try {
    return decryptContent(cipher, parts)
  } catch {
    // Length or padding: which, is nobody's to know.
    return undefined
  }
}
