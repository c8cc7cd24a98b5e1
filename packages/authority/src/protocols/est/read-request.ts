import { maxSigningRequestBytes } from '@sallyport/pki'
import { Problem } from '@sallyport/problem'
import type { AllowedKeyKind } from '../../config/key-kinds.ts'
import { type KeyRequest, readRequest } from '../../enrollment/key-request.ts'

const maxTextBytes = 64 * 1024
const pem =
  /^-----BEGIN (?:NEW )?CERTIFICATE REQUEST-----([^-]+)-----END (?:NEW )?CERTIFICATE REQUEST-----$/
const base64 = /^[A-Za-z0-9+/]+={0,2}$/

/**
 * The signing request of an enrolment: base64 of DER, whatever header says how it is transferred, and with
 * white space anywhere (RFC 8951 §3.1). Read besides, since clients send it: PEM, and the DER itself.
 *
 * @throws Problem `csr_malformed`, `csr_signature_invalid`, `csr_key_not_allowed`
 */
export function readEstRequest(
  body: Uint8Array | undefined,
  keyKinds: readonly AllowedKeyKind[],
): KeyRequest {
  const bytes = Buffer.from(body ?? [])
  return readRequest(isDer(bytes) ? bytes : derOfText(bytes), keyKinds)
}

/** A SEQUENCE whose length takes two bytes: no base64 begins so, since its second byte is no letter. */
function isDer(bytes: Buffer): boolean {
  return bytes[0] === 0x30 && (bytes[1] ?? 0) >= 0x80
}

function derOfText(bytes: Buffer): Buffer {
  if (bytes.length > maxTextBytes) throw malformed(`${bytes.length} bytes`)
  const text = bytes.toString('latin1').trim()
  const bare = (pem.exec(text)?.[1] ?? text).replace(/[\t\n\r ]+/g, '')
  if (!base64.test(bare)) throw malformed(bare === '' ? 'nothing' : 'other characters')
  const der = Buffer.from(bare, 'base64')
  if (der.length > maxSigningRequestBytes) throw malformed(`${der.length} bytes`)
  return der
}

function malformed(found: string): Problem {
  return new Problem('csr_malformed', {
    expected: `a PKCS#10 request of at most ${maxSigningRequestBytes} bytes, in base64`,
    found,
  })
}
