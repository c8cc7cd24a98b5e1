/**
 * The keys that TrustKit can hash, and the version that learned to: it puts a SubjectPublicKeyInfo together from a table
 * of headers (TSKSPKIHashCache.m of 1.6.0 to 3.0.7, isKeySupported and getAsn1HeaderBytes).
 */
const readableSince: ReadonlyMap<string, string> = new Map([
  ['rsa-2048', '1.6.0'],
  ['rsa-3072', '3.0.5'],
  ['rsa-4096', '1.6.0'],
  ['ec-p256', '1.6.0'],
  ['ec-p384', '1.6.0'],
])

/** The first version that works with what `pins generate` prints: before it, TSKPublicKeyAlgorithms was demanded. */
export const firstTrustkit = '1.6.0'

/** The version of TrustKit that reads keys of a kind, as `keyNameOf` names it; `never` where none does. */
export function trustkitReads(key: string): string {
  return readableSince.get(key) ?? 'never'
}
