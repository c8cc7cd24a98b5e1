import { Problem } from '@sallyport/problem'
import { decodeAnyBase64 } from './any-base64.ts'

/** Evidence as a person has it in a file. `format` is told where the file itself says it. */
export type EvidenceFile = { readonly format?: string } & (
  | {
      readonly kind: 'chain'
      /** DER certificates in the order of the file: leaf first, nothing about them is checked. */
      readonly chain: readonly Buffer[]
    }
  | {
      readonly kind: 'cbor'
      readonly cbor: Buffer
      /** Of App Attest, as Apple writes it: base64. */
      readonly keyId?: string
    }
  | {
      readonly kind: 'token'
      /** JWE or JWS in compact form. */
      readonly token: string
    }
)

/** Ten certificates of 16 KiB as JSON or PEM take a quarter of it. */
export const maxEvidenceFileBytes = 1024 * 1024

/** Formats bound a chain more tightly; this keeps a file from becoming a hundred thousand pieces. */
const maxFileCertificates = 32

/**
 * Reads evidence from the bytes of a file: a PEM chain (RFC 7468; what stands around the blocks is
 * ignored), a JSON array of base64 DER, CBOR, base64 of CBOR, a compact JWE or JWS, or a JSON object as the
 * device API takes it. Base64 may be of either alphabet. Nothing of what the pieces hold is looked at.
 *
 * @throws Problem `attestation_malformed`, `attestation_too_large`
 */
export function readEvidenceFile(bytes: Uint8Array): EvidenceFile {
  if (bytes.length > maxEvidenceFileBytes) {
    throw tooLarge(`a file of at most ${maxEvidenceFileBytes} bytes`, `${bytes.length} bytes`)
  }
  if (isCborMap(bytes)) return { kind: 'cbor', cbor: Buffer.from(bytes) }
  const text = Buffer.from(bytes).toString('utf8').trim()
  const reading = readings.find(({ isOne }) => isOne(text))
  if (reading === undefined) throw malformed(text === '' ? 'an empty file' : 'none of these')
  return reading.read(text)
}

/** What text can be, in the order in which it is tried. */
const readings: readonly {
  readonly isOne: (text: string) => boolean
  readonly read: (text: string) => EvidenceFile
}[] = [
  { isOne: (text) => text.includes('-----BEGIN CERTIFICATE-----'), read: readPem },
  { isOne: (text) => text.startsWith('[') || text.startsWith('{'), read: readJson },
  { isOne: (text) => compactToken.test(text), read: (token) => ({ kind: 'token', token }) },
  { isOne: (text) => decodeAnyBase64(withoutSpace(text)) !== undefined, read: readBase64 },
]

/** Three parts are a JWS, five a JWE; of a JWE the second, the encrypted key, may be empty. */
const compactToken = /^[\w-]+\.[\w-]*\.[\w-]+(?:\.[\w-]+\.[\w-]+)?$/

function readPem(text: string): EvidenceFile {
  const [, ...begun] = text.split('-----BEGIN CERTIFICATE-----')
  boundCount(begun.length)
  const chain = begun.map((block, index) => {
    const end = block.indexOf('-----END CERTIFICATE-----')
    return decodeCertificate(withoutSpace(end === -1 ? '' : block.slice(0, end)), index)
  })
  return { kind: 'chain', chain }
}

function readJson(text: string): EvidenceFile {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw malformed('JSON that does not parse')
  }
  return Array.isArray(value) ? readChain(value) : readMessage(value as Record<string, unknown>)
}

function readChain(entries: readonly unknown[]): EvidenceFile & { kind: 'chain' } {
  boundCount(entries.length)
  return { kind: 'chain', chain: entries.map(decodeCertificate) }
}

/** Evidence as the device API carries it, alone or as the authority keeps it: beside its challenge. */
function readMessage(message: Record<string, unknown>): EvidenceFile {
  const { evidence } = message
  return readEvidence(isRecord(evidence) ? evidence : message)
}

function readEvidence({ format, ...members }: Record<string, unknown>): EvidenceFile {
  const { chain, attestation, assertion, keyId, token } = members
  const base64 = attestation ?? assertion
  if (typeof format !== 'string') throw malformed('a JSON object that names no format')
  if (Array.isArray(chain)) return { format, ...readChain(chain) }
  if (typeof token === 'string' && compactToken.test(token)) return { format, kind: 'token', token }
  const cbor = typeof base64 === 'string' ? decodeAnyBase64(base64) : undefined
  if (cbor !== undefined) {
    return { format, kind: 'cbor', cbor, ...(typeof keyId === 'string' ? { keyId } : {}) }
  }
  throw malformed('a JSON object without a chain, an attestation, an assertion or a token')
}

function readBase64(text: string): EvidenceFile {
  const cbor = decodeAnyBase64(withoutSpace(text))
  if (cbor === undefined || !isCborMap(cbor))
    throw malformed('base64 of something other than a CBOR map')
  return { kind: 'cbor', cbor }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function decodeCertificate(entry: unknown, index: number): Buffer {
  const der = typeof entry === 'string' ? decodeAnyBase64(entry) : undefined
  if (der !== undefined) return der
  throw malformed(`certificate ${index + 1} is not base64, or does not end`)
}

function boundCount(count: number): void {
  if (count > maxFileCertificates) {
    throw tooLarge(`at most ${maxFileCertificates} certificates`, `${count}`)
  }
}

/** Major type 5 (RFC 8949 §3.1): evidence in CBOR is always a map. Text never begins with these bytes. */
function isCborMap(bytes: Uint8Array): boolean {
  return (bytes[0] ?? 0) >> 5 === 5
}

function withoutSpace(text: string): string {
  return text.replace(/\s+/g, '')
}

function malformed(found: string): Problem {
  return new Problem('attestation_malformed', {
    detail: 'this is no evidence',
    expected:
      'a PEM chain, leaf first; a JSON array of base64 DER; CBOR or base64 of it; a compact token; or evidence as the device API takes it',
    found,
  })
}

function tooLarge(expected: string, found: string): Problem {
  return new Problem('attestation_too_large', { detail: 'this is no evidence', expected, found })
}
