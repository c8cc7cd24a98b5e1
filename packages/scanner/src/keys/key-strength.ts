import type { KeyObject } from 'node:crypto'

/** `RSA, 2048 bits`; `EC, prime256v1`. */
export function describeKey({
  asymmetricKeyType,
  asymmetricKeyDetails: details,
}: KeyObject): string {
  const type = (asymmetricKeyType ?? 'unknown').toUpperCase()
  if (details?.modulusLength !== undefined) return `${type}, ${details.modulusLength} bits`
  return details?.namedCurve === undefined ? type : `${type}, ${details.namedCurve}`
}

const minRsaBits = 2_048
const minCurveBits = 224

/** Curves under 224 bits that OpenSSL has: `prime192v1`, `secp160r1`, `sect163k1`, `brainpoolP192r1`. */
const curveBits = /(\d{3})/

/** Why it is too weak (NIST SP 800-57 part 1, 112 bits of strength), or undefined. */
export function weaknessOf({
  asymmetricKeyType,
  asymmetricKeyDetails,
}: KeyObject): string | undefined {
  const bits = asymmetricKeyDetails?.modulusLength
  if (asymmetricKeyType?.startsWith('rsa') && bits !== undefined && bits < minRsaBits) {
    return `RSA of ${bits} bits: under ${minRsaBits}`
  }
  if (asymmetricKeyType === 'dsa') return `DSA of ${bits} bits: FIPS 186-5 no longer has DSA`
  const curve = asymmetricKeyDetails?.namedCurve
  const size = Number(curveBits.exec(curve ?? '')?.[1] ?? minCurveBits)
  return asymmetricKeyType === 'ec' && size < minCurveBits
    ? `EC on ${curve}: under 224 bits`
    : undefined
}
