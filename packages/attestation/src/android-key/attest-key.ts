import type { AttestationApplicationId } from './attestation-application-id.ts'
import type { KeyDescription } from './key-description.ts'
import { purposes } from './key-mint-values.ts'

/** The first version that knows keys that attest others. */
const firstAttestKeyVersion = 100

/** Whether a description is of a key that may do nothing but attest other keys of its phone. */
export function isAttestKey({ hardwareEnforced, softwareEnforced }: KeyDescription): boolean {
  const [purpose, ...others] = hardwareEnforced.purposes ?? []
  return (
    purpose === purposes.attestKey && others.length === 0 && softwareEnforced.purposes === undefined
  )
}

type Binding = {
  readonly expected: string
  /** Undefined where it holds, otherwise what was found. */
  broken(attester: KeyDescription, key: KeyDescription): string | undefined
}

/**
 * What must hold between a key of the phone that can only attest and the key that it attests. KeyMint
 * lets it sign nothing but attestations that KeyMint makes, of keys in the same secure hardware; so it
 * must be made there, and on the phone as it is booted now. Its challenge, patch levels and boot
 * digest may be older: it is made once, and then the phone is updated.
 */
const bindings: readonly Binding[] = [
  {
    expected: 'origin GENERATED',
    broken: ({ hardwareEnforced: { origin } }) =>
      origin === 'GENERATED' ? undefined : (origin ?? 'no origin'),
  },
  {
    expected: `attestation version ${firstAttestKeyVersion} or later`,
    broken: ({ attestationVersion: version }) =>
      version >= firstAttestKeyVersion ? undefined : `version ${version}`,
  },
  {
    expected: 'the same security levels',
    broken: (attester, key) =>
      attester.attestationSecurityLevel === key.attestationSecurityLevel &&
      attester.keyMintSecurityLevel === key.keyMintSecurityLevel
        ? undefined
        : `${attester.attestationSecurityLevel} and ${attester.keyMintSecurityLevel}`,
  },
  {
    expected: 'the same root of trust',
    broken: (attester, key) => (isSameBoot(attester, key) ? undefined : 'another'),
  },
  {
    expected: 'the same app',
    broken: (attester, key) => (isSameApp(attester, key) ? undefined : 'another'),
  },
]

/** What does not hold between an attesting key and the key it attests; empty where all does. */
export function brokenBindings(
  attester: KeyDescription,
  key: KeyDescription,
): readonly { readonly expected: string; readonly found: string }[] {
  return bindings.flatMap(({ expected, broken }) => {
    const found = broken(attester, key)
    return found === undefined ? [] : [{ expected, found }]
  })
}

function isSameBoot(attester: KeyDescription, key: KeyDescription): boolean {
  const one = attester.hardwareEnforced.rootOfTrust
  const other = key.hardwareEnforced.rootOfTrust
  return (
    one !== undefined &&
    other !== undefined &&
    one.deviceLocked === other.deviceLocked &&
    one.verifiedBootState === other.verifiedBootState &&
    one.verifiedBootKey.equals(other.verifiedBootKey)
  )
}

function isSameApp(attester: KeyDescription, key: KeyDescription): boolean {
  const one = attester.softwareEnforced.attestationApplicationId
  const other = key.softwareEnforced.attestationApplicationId
  return one !== undefined && other !== undefined && nameOf(one) === nameOf(other)
}

/** Packages without their versions, for apps are updated, and signers; their order says nothing. */
function nameOf({ packages, signatures }: AttestationApplicationId): string {
  return JSON.stringify([
    packages.map(({ name }) => name).toSorted(),
    signatures.map((digest) => digest.toString('hex')).toSorted(),
  ])
}
