import { createHash } from 'node:crypto'
import { parseSigningRequest, type SigningRequest } from '@sallyport/pki'
import { Problem } from '@sallyport/problem'
import { fromBase64url } from '@sallyport/wire'
import type { AppConfig } from '../config/app-config.ts'
import type { AllowedKeyKind } from '../config/key-kinds.ts'

/** A signing request whose key its sender holds, and the name of that key in the store. */
export type KeyRequest = SigningRequest & { readonly spkiSha256: string }

/**
 * Reads a PKCS#10 request in base64url.
 *
 * @throws Problem `csr_malformed`, `csr_signature_invalid`, `csr_key_not_allowed`
 */
export function readKeyRequest(text: string, app: AppConfig): KeyRequest {
  const der = fromBase64url(text)
  if (der === undefined) {
    throw new Problem('csr_malformed', { expected: 'base64url', found: 'other characters' })
  }
  return readRequest(der, app.certificate.keyKinds)
}

/**
 * Reads a PKCS#10 request in DER.
 *
 * @throws Problem `csr_malformed`, `csr_signature_invalid`, `csr_key_not_allowed`
 */
export function readRequest(der: Uint8Array, keyKinds: readonly AllowedKeyKind[]): KeyRequest {
  const request = parseSigningRequest(der, { keyKinds })
  const spkiSha256 = createHash('sha256').update(request.spki).digest('base64url')
  return { ...request, spkiSha256 }
}
