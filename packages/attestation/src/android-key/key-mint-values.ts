// A pure table: the numbers of KeyMint that attestations speak in.
// https://source.android.com/docs/security/features/keystore/attestation#schema

/** By number: where something lives or was attested. */
export const securityLevels = ['SOFTWARE', 'TRUSTED_ENVIRONMENT', 'STRONG_BOX'] as const
export type SecurityLevel = (typeof securityLevels)[number]

/** By number: KeyOrigin. */
export const keyOrigins = [
  'GENERATED',
  'DERIVED',
  'IMPORTED',
  'RESERVED',
  'SECURELY_IMPORTED',
] as const

/** By number. */
export const verifiedBootStates = ['VERIFIED', 'SELF_SIGNED', 'UNVERIFIED', 'FAILED'] as const
export type VerifiedBootState = (typeof verifiedBootStates)[number]

/** KeyPurpose. */
export const purposes = { sign: 2, verify: 3, attestKey: 7 } as const

const purposeNames: ReadonlyMap<number, string> = new Map([
  [0, 'ENCRYPT'],
  [1, 'DECRYPT'],
  [purposes.sign, 'SIGN'],
  [purposes.verify, 'VERIFY'],
  [4, 'DERIVE_KEY'],
  [5, 'WRAP_KEY'],
  [6, 'AGREE_KEY'],
  [purposes.attestKey, 'ATTEST_KEY'],
])

/** For a person: `SIGN, VERIFY`. */
export function purposeText(list: readonly number[] | undefined): string {
  if (list === undefined || list.length === 0) return 'none'
  return list.map((purpose) => purposeNames.get(purpose) ?? String(purpose)).join(', ')
}
