import { X509Certificate } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { Problem } from '@sallyport/problem'
import { toBase64url } from '@sallyport/wire'

/**
 * What a certificate is found by, of an argument: a file, its thumbprint in base64url or as OpenSSL prints it (in
 * hex, with colons), or its serial number.
 *
 * @throws Problem `file_failed`
 */
export function thumbprintOf(text: string): string {
  if (existsSync(text)) return toBase64url(hexBytes(readCertificate(text).fingerprint256))
  return /^[0-9A-Fa-f]{64}$/.test(text.replaceAll(':', '')) ? toBase64url(hexBytes(text)) : text
}

function readCertificate(file: string): X509Certificate {
  try {
    return new X509Certificate(readFileSync(file))
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : String(cause)
    throw new Problem('file_failed', { detail: `${file}: ${detail}`, cause })
  }
}

const hexBytes = (text: string): Buffer => Buffer.from(text.replaceAll(':', ''), 'hex')
