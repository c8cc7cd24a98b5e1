import { isProblem, Problem } from '@sallyport/problem'
import { type Certificate, parseCertificate } from './certificate.ts'

const maxPemCharacters = 4 * 1024 * 1024
const block = /-----BEGIN CERTIFICATE-----\s+([A-Za-z0-9+/=\s]*?)-----END CERTIFICATE-----/g

/**
 * All certificates in a PEM text (RFC 7468) in their order; what stands between them is ignored.
 * Problem `certificate_malformed` where there is none, or where one cannot be read (the detail says
 * which), or over 4 MiB.
 */
export function certificatesFromPem(pem: string): Certificate[] {
  if (pem.length > maxPemCharacters) {
    throw new Problem('certificate_malformed', {
      detail: 'the PEM text is too large',
      expected: `at most ${maxPemCharacters} characters`,
      found: `${pem.length} characters`,
    })
  }
  const begun = pem.split('-----BEGIN CERTIFICATE-----').length - 1
  const blocks = [...pem.matchAll(block)]
  if (begun === 0 || blocks.length !== begun) {
    throw new Problem('certificate_malformed', {
      detail: begun === 0 ? 'there is no certificate in it' : 'a block is not complete',
      expected: '-----BEGIN CERTIFICATE-----, base64, -----END CERTIFICATE-----',
      found: `${begun} begun, ${blocks.length} complete`,
    })
  }
  return blocks.map((match, index) => parseBlock(match[1] ?? '', index, begun))
}

const requestBlock =
  /-----BEGIN (?:NEW )?CERTIFICATE REQUEST-----\s+([A-Za-z0-9+/=\s]*?)-----END (?:NEW )?CERTIFICATE REQUEST-----/

/** The DER of the signing request in a PEM text. Problem `csr_malformed` where there is none. */
export function requestFromPem(pem: string): Buffer {
  const match = pem.length <= maxPemCharacters ? requestBlock.exec(pem) : null
  if (match !== null) return Buffer.from(match[1] ?? '', 'base64')
  throw new Problem('csr_malformed', {
    expected: '-----BEGIN CERTIFICATE REQUEST-----, base64, -----END CERTIFICATE REQUEST-----',
    found: 'none',
  })
}

/** PEM with lines of 64 characters. */
export function toPem(label: string, der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? []
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n')
}

function parseBlock(base64: string, index: number, count: number): Certificate {
  try {
    return parseCertificate(Buffer.from(base64, 'base64'))
  } catch (error) {
    if (!isProblem(error) || count === 1) throw error
    throw new Problem('certificate_malformed', {
      detail: `certificate ${index + 1} of ${count}: ${error.detail}`,
      ...(error.expected === undefined ? {} : { expected: error.expected }),
      ...(error.found === undefined ? {} : { found: error.found }),
      cause: error,
    })
  }
}
