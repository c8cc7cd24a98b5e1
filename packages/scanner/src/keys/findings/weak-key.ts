import type { KeyObject } from 'node:crypto'
import type { Finding } from '../../finding.ts'
import type { Place } from '../key-material.ts'
import { locationOf, placesSentence } from './words.ts'

/** `RSA, 2048 bits`; `EC, prime256v1`. */
export function describeKey({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): string {
  const type = (asymmetricKeyType ?? 'unknown').toUpperCase()
  if (asymmetricKeyDetails?.modulusLength !== undefined) {
    return `${type}, ${asymmetricKeyDetails.modulusLength} bits`
  }
  const curve = asymmetricKeyDetails?.namedCurve
  return curve === undefined ? type : `${type}, ${curve}`
}

const minRsaBits = 2_048
const minCurveBits = 224

/** Of the name of a curve: `prime192v1`, `secp160r1`, `sect163k1`, `brainpoolP192r1`. */
const curveBits = /\d{3}/

/** NIST SP 800-57 part 1 §5.6: 112 bits of strength is the least. */
export function weaknessOf({
  asymmetricKeyType: type,
  asymmetricKeyDetails: details,
}: KeyObject): string | undefined {
  const bits = details?.modulusLength ?? minRsaBits
  if (type === 'dsa') return `DSA of ${bits} bits, which FIPS 186-5 no longer has`
  if (type?.startsWith('rsa') === true && bits < minRsaBits) {
    return `RSA of ${bits} bits, under ${minRsaBits}`
  }
  const curve = details?.namedCurve ?? ''
  const size = Number(curveBits.exec(curve)?.[0] ?? minCurveBits)
  const isWeak = type === 'ec' && size < minCurveBits
  return isWeak ? `EC on ${curve}, under ${minCurveBits} bits` : undefined
}

/** Rule `weak-key`, where the key gives too little strength. */
export function* weakKeyFinding(
  key: KeyObject,
  spkiSha256: string,
  places: readonly Place[],
): Generator<Finding> {
  const weakness = weaknessOf(key)
  if (weakness === undefined) return
  yield {
    rule: 'weak-key',
    confidence: 'certain',
    title: `A key that is too short: ${weakness}`,
    detail: placesSentence(places),
    locations: places.map(locationOf),
    identity: spkiSha256,
    facts: { weakness, spkiSha256 },
  }
}
