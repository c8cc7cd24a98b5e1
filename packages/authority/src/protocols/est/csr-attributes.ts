import { derInteger, derOid, derSequence, derSetOf } from '@sallyport/pki'
import type { AllowedKeyKind } from '../../config/key-kinds.ts'

const ecPublicKey = '1.2.840.10045.2.1'
const rsaEncryption = '1.2.840.113549.1.1.1'
const curves: Partial<Record<AllowedKeyKind, string>> = {
  'ec-p256': '1.2.840.10045.3.1.7',
  'ec-p384': '1.3.132.0.34',
}
const modulusBits: Partial<Record<AllowedKeyKind, number>> = {
  'rsa-2048': 2_048,
  'rsa-3072': 3_072,
  'rsa-4096': 4_096,
}

/**
 * CsrAttrs (RFC 7030 §4.5.2): the keys that are certified, of each algorithm its curves or sizes. There is
 * nothing else that a request should have, names least of all: they are ours. DER.
 */
export function csrAttributes(keyKinds: readonly AllowedKeyKind[]): Buffer {
  const present = <T>(of: Partial<Record<AllowedKeyKind, T>>): T[] =>
    keyKinds.flatMap((kind) => of[kind] ?? [])
  return derSequence(
    ...attribute(ecPublicKey, present(curves).map(derOid)),
    ...attribute(
      rsaEncryption,
      present(modulusBits).map((bits) => derInteger(bits)),
    ),
  )
}

function attribute(type: string, values: Buffer[]): Buffer[] {
  return values.length === 0 ? [] : [derSequence(derOid(type), derSetOf(...values))]
}
