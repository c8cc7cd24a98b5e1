import { type Evidence, toBase64url } from '@sallyport/wire'
import { CborError } from './cbor/cbor-error.ts'
import { cborArray, cborBytes, cborMap, cborText } from './cbor/cbor-members.ts'
import { decodeCbor } from './cbor/decode-cbor.ts'
import { maxChainCertificates } from './chain/chain-evidence.ts'
import type { EvidenceFault } from './malformed-result.ts'

/** Formats of WebAuthn attestation statements that ACME carries, and what they are called here. */
const formats: ReadonlyMap<string, string> = new Map([
  ['android-key', 'android-key'],
  ['apple', 'apple-mda'],
])

/** Five certificates of phones have a fourth of it. */
const maxObjectBytes = 32_768

/**
 * The evidence in a WebAuthn attestation object as `device-attest-01` of ACME has it
 * (draft-ietf-acme-device-attest §5): CBOR `{fmt, attStmt: {x5c, …}}`, without `authData`. The chain
 * alone is read; a signature beside it says nothing that the signing request does not.
 */
export function readAttestationStatement(bytes: Uint8Array): Evidence | EvidenceFault {
  const expected = `CBOR {fmt: ${[...formats.keys()].join(' or ')}, attStmt: {x5c}}`
  if (bytes.length > maxObjectBytes) {
    const found = `${bytes.length} bytes`
    return { code: 'attestation_too_large', expected: `at most ${maxObjectBytes} bytes`, found }
  }
  try {
    const object = cborMap(decodeCbor(bytes, { maxDepth: 4, maxItems: 64 }), 'attObj')
    const fmt = cborText(object.get('fmt'), 'fmt')
    const format = formats.get(fmt)
    if (format === undefined) {
      return { code: 'evidence_format_unknown', expected, found: `fmt ${fmt.slice(0, 40)}` }
    }
    const statement = cborMap(object.get('attStmt'), 'attStmt')
    const chain = cborArray(statement.get('x5c'), 'x5c')
    if (chain.length === 0 || chain.length > maxChainCertificates) {
      const found = `${chain.length} certificates`
      return { expected: `1 to ${maxChainCertificates} certificates`, found }
    }
    return { format, chain: chain.map((der) => toBase64url(cborBytes(der, 'x5c'))) }
  } catch (error) {
    if (!(error instanceof CborError)) throw error
    return { expected, found: error.message }
  }
}
