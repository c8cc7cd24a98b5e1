import type { Claim, Claims } from '../attestation-result.ts'
import { type CborMap, type CborValue, isCborArray, isCborMap } from '../cbor/cbor-value.ts'

const validationCategory = 'apple_validation_category_01'
const bundleVersion = 'apple_bundle_version_01'

/** `CS_VALIDATION_CATEGORY_…` of XNU's code signing: how the system took the app for valid. */
const categories: readonly string[] = [
  'invalid',
  'platform',
  'TestFlight',
  'development',
  'App Store',
  'enterprise',
  'Developer ID',
  'local signing',
  'Rosetta',
  'just-in-time compiled',
  'none',
]

/** Four bytes, little-endian, as phones write it; Apple documents an integer. Undefined: not told. */
export function validationCategoryOf(appended: CborMap | undefined): number | undefined {
  const value = appended?.get(validationCategory)
  if (Buffer.isBuffer(value)) return value.length === 4 ? value.readUInt32LE(0) : undefined
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 ? value : undefined
}

/** For a person: `4 (App Store)`. */
export function validationCategoryText(category: number): string {
  const name = categories[category]
  return name === undefined ? `${category}` : `${category} (${name})`
}

/** CFBundleVersion of the app. Undefined: not told. */
export function bundleVersionOf(appended: CborMap | undefined): string | undefined {
  const value = appended?.get(bundleVersion)
  return typeof value === 'string' && value.length <= maxVersion ? value : undefined
}

const maxVersion = 100

/** Everything in the map, for JSON: bytes in hex, large integers as text. */
export function appendedClaims(appended: CborMap): Claims {
  return Object.fromEntries([...appended].map(([key, value]) => [String(key), claimOf(value)]))
}

function claimOf(value: CborValue): Claim {
  if (Buffer.isBuffer(value)) return value.toString('hex')
  if (isCborMap(value)) return appendedClaims(value)
  if (isCborArray(value)) return value.map((item) => claimOf(item))
  // JSON knows neither of these.
  if (typeof value === 'bigint' || (typeof value === 'number' && !Number.isFinite(value))) {
    return String(value)
  }
  return value
}
