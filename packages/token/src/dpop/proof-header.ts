import type { BindingFault } from '../confirmation/binding-fault.ts'
import { type ProofAlgorithm, proofAlgorithms } from './proof-algorithms.ts'
import { type ProofKey, readProofKey } from './proof-key.ts'
import { readPart } from './read-part.ts'

/** What the header of a proof says: the same text for all proofs of one key, as clients write them. */
export type ProofHeader = ProofKey & {
  readonly algorithmName: string
  readonly algorithm: ProofAlgorithm
}

/**
 * Reads the header of a proof (RFC 9449 §4.2; §4.3, 3 to 7): its type, an algorithm of key pairs, and the
 * public key alone that goes with it.
 */
export function readProofHeader(text: string): ProofHeader | BindingFault {
  const header = readPart(text)
  if (header === undefined) {
    return fault('dpop_proof_malformed', 'header', 'a JSON object in base64url', 'something else')
  }
  const type = header['typ']
  if (typeof type !== 'string' || !/^(?:application\/)?dpop\+jwt$/i.test(type)) {
    return fault('dpop_proof_type_wrong', 'typ', 'dpop+jwt', shown(type))
  }
  if (Object.hasOwn(header, 'crit')) {
    return fault('dpop_proof_malformed', 'crit', 'no header crit', 'one')
  }
  const algorithmName = header['alg']
  const algorithm =
    typeof algorithmName === 'string' ? proofAlgorithms.get(algorithmName) : undefined
  if (typeof algorithmName !== 'string' || algorithm === undefined) {
    const known = [...proofAlgorithms.keys()].join(', ')
    return fault('dpop_proof_algorithm_refused', 'alg', known, shown(algorithmName))
  }
  const key = readProofKey(header['jwk'])
  if (typeof key === 'string') {
    return fault('dpop_proof_key_invalid', 'jwk', 'a public key', key)
  }
  const jwk = header['jwk'] as { readonly kty?: unknown; readonly crv?: unknown }
  if (jwk.kty !== algorithm.keyType || jwk.crv !== algorithm.curve) {
    const wanted = `a key for ${algorithmName}`
    return fault('dpop_proof_key_invalid', 'jwk', wanted, `${shown(jwk.kty)} ${shown(jwk.crv)}`)
  }
  return { ...key, algorithmName, algorithm }
}

function fault(
  code: BindingFault['code'],
  check: string,
  expected: string,
  found: string,
): BindingFault {
  return { code, check, expected, found }
}

function shown(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value.slice(0, 40)) : 'none'
}
