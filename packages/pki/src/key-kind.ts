import type { KeyObject } from 'node:crypto'

/** The keys that can be certified. By policy a profile allows some of them. */
export const keyKinds = ['ec-p256', 'ec-p384', 'rsa-2048', 'rsa-3072', 'rsa-4096'] as const
export type KeyKind = (typeof keyKinds)[number]

const curves: ReadonlyMap<string | undefined, KeyKind> = new Map([
  ['prime256v1', 'ec-p256'],
  ['secp384r1', 'ec-p384'],
])

/** Above this, verifying one signature costs more than anyone's key is worth. */
const maxRsaBits = 8_192

/**
 * The kind of a public or private key. RSA: the kind of the largest that it reaches. Undefined for
 * RSA under 2048 or over 8192 bits, a public exponent that is even, 1 or over 32 bits, another curve
 * or another algorithm.
 */
export function keyKindOf(key: KeyObject): KeyKind | undefined {
  const { asymmetricKeyType, asymmetricKeyDetails } = key
  if (asymmetricKeyType === 'ec') return curves.get(asymmetricKeyDetails?.namedCurve)
  if (asymmetricKeyType !== 'rsa') return undefined
  const exponent = asymmetricKeyDetails?.publicExponent ?? 0n
  return rsaKeyKind(asymmetricKeyDetails?.modulusLength ?? 0, exponent)
}

export function rsaKeyKind(modulusBits: number, publicExponent: bigint): KeyKind | undefined {
  if (modulusBits < 2_048 || modulusBits > maxRsaBits) return undefined
  if (publicExponent < 3n || publicExponent >= 1n << 32n || publicExponent % 2n === 0n) {
    return undefined
  }
  if (modulusBits < 3_072) return 'rsa-2048'
  return modulusBits < 4_096 ? 'rsa-3072' : 'rsa-4096'
}
