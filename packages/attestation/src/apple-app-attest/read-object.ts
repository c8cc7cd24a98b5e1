import { CborError } from '../cbor/cbor-error.ts'
import type { EvidenceFault } from '../malformed-result.ts'

const codes = {
  malformed: 'attestation_malformed',
  depth: 'app_attest_nested_too_deep',
} as const

/** Reads CBOR of at most so many bytes, or says why it cannot be read. Nothing is parsed that is larger. */
export function readObject<T extends object>(
  bytes: Uint8Array,
  maxBytes: number,
  read: (bytes: Uint8Array) => T,
): T | EvidenceFault {
  const expected = `CBOR of App Attest, at most ${maxBytes} bytes`
  if (bytes.length > maxBytes) {
    return { code: 'attestation_too_large', expected, found: `${bytes.length} bytes` }
  }
  try {
    return read(bytes)
  } catch (error) {
    if (!(error instanceof CborError)) throw error
    return { code: codes[error.fault], expected, found: error.message }
  }
}
