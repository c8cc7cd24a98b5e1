import type { Assurance } from '@sallyport/wire'
import type { AttestationResult } from '../attestation-result.ts'
import { malformedResult } from '../malformed-result.ts'
import type { TrustMaterial } from '../trust.ts'
import type { AndroidKeyPolicy } from './policy.ts'

export type AndroidKeyOptions = {
  /** DER certificates, leaf first. */
  readonly chain: readonly Uint8Array[]
  /** What the key must have been made for. Undefined: not checked. */
  readonly challenge?: Uint8Array
  /** DER SubjectPublicKeyInfo that must be the attested one. Undefined: not checked. */
  readonly spki?: Uint8Array
  /** Milliseconds. */
  readonly at: number
  readonly trust: TrustMaterial['android']
  readonly policy: AndroidKeyPolicy
  readonly minimumAssurance?: Assurance
}

/** Appraises an Android Key Attestation. */
export function appraiseAndroidKey(_options: AndroidKeyOptions): AttestationResult {
  return malformedResult('android-key', [], { expected: 'a verifier', found: 'none yet' })
}
