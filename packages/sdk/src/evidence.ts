import type { Evidence, Purpose } from '@sallyport/wire'
import type { KeyHandle } from './key-store.ts'

/** What evidence is collected about: this key, for this challenge. */
export type EvidenceContext = {
  readonly purpose: Purpose
  /** The 32 bytes of the challenge. */
  readonly challenge: Uint8Array
  readonly key: KeyHandle
}

/**
 * Collects what proves to the authority what the key is (RFC 9334): an Android Key Attestation chain,
 * an App Attest object. Undefined: there is none on this phone. What it throws ends the enrolment or
 * renewal; what is there already goes on being used.
 *
 * It may be asked again for a key it knows with another challenge. Where evidence cannot be made again
 * it returns the old one: the authority refuses that, and the client begins anew with a new key.
 */
export type CollectEvidence = (context: EvidenceContext) => Promise<Evidence | undefined>
