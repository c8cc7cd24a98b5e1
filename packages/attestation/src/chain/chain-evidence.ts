import { isProblem } from '@sallyport/problem'
import { type Certificate, maxCertificateBytes, parseCertificate } from '@sallyport/pki'
import { type Evidence, fromBase64url } from '@sallyport/wire'
import { surplusMember } from '../closed-evidence.ts'
import type { EvidenceFault } from '../malformed-result.ts'

/** The longest chains of phones have five. */
export const maxChainCertificates = 10

const maxCharacters = Math.ceil((maxCertificateBytes * 4) / 3)

/**
 * The DER certificates of evidence that is a chain and nothing else,
 * `{format, chain: [base64url DER, leaf first]}`, two to ten of them, or why it is none.
 */
export function readChainEvidence(evidence: Evidence): Uint8Array[] | EvidenceFault {
  const surplus = surplusMember(evidence, ['chain'])
  if (surplus !== undefined) return surplus
  const { chain } = evidence
  if (!Array.isArray(chain)) return { expected: 'chain: a list', found: 'none' }
  const texts: unknown[] = chain
  const wrongLength = lengthFault(texts.length, 2)
  if (wrongLength !== undefined) return wrongLength
  const certificates: Uint8Array[] = []
  for (const [position, text] of texts.entries()) {
    if (typeof text === 'string' && text.length > maxCharacters) {
      return tooLarge(position, `${text.length} characters`)
    }
    const der = typeof text === 'string' ? fromBase64url(text) : undefined
    if (der === undefined) {
      return { expected: 'certificates in base64url', found: `certificate ${position} is not` }
    }
    certificates.push(der)
  }
  return certificates
}

/** The certificates of a chain, leaf first, one to ten, or why they cannot be read. */
export function parseChain(chain: readonly Uint8Array[]): Certificate[] | EvidenceFault {
  const wrongLength = lengthFault(chain.length, 1)
  if (wrongLength !== undefined) return wrongLength
  const certificates: Certificate[] = []
  for (const [position, der] of chain.entries()) {
    if (der.length > maxCertificateBytes) return tooLarge(position, `${der.length} bytes`)
    try {
      certificates.push(parseCertificate(der))
    } catch (error) {
      if (!isProblem(error)) throw error
      return {
        expected: error.expected ?? 'an X.509 certificate in DER',
        found: `certificate ${position}: ${error.found ?? error.message}`,
      }
    }
  }
  return certificates
}

function lengthFault(length: number, minimum: number): EvidenceFault | undefined {
  if (length >= minimum && length <= maxChainCertificates) return undefined
  return {
    code: length < minimum ? 'attestation_malformed' : 'attestation_too_large',
    expected: `${minimum} to ${maxChainCertificates} certificates`,
    found: `${length}`,
  }
}

function tooLarge(position: number, size: string): EvidenceFault {
  return {
    code: 'attestation_too_large',
    expected: `certificates of at most ${maxCertificateBytes} bytes`,
    found: `certificate ${position} of ${size}`,
  }
}
