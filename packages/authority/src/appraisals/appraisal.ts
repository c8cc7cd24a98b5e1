import type { AppAttestKey, AttestationResult } from '@sallyport/attestation'
import type { ReasonCode } from '@sallyport/problem'
import type { Assurance, Evidence, Purpose } from '@sallyport/wire'
import type { ProvenFacts } from './device-facts.ts'

/** `format` of an appraisal where no evidence came. */
export const noEvidence = 'none'

/** A check that failed. */
export type FailedCheck = {
  readonly format: string
  readonly name: string
  readonly code: ReasonCode
  readonly expected: string
  readonly found: string
  /** Whether it refuses: not in mode `shadow` of the enrolment, or of the signal that it is of. */
  readonly isEnforced: boolean
}

/** What a phone sent, and what it was to be about. */
export type SentEvidence = {
  readonly challenge: Uint8Array
  /** DER SubjectPublicKeyInfo. */
  readonly spki: Uint8Array
  readonly evidence?: Evidence | undefined
  readonly signals?: readonly Evidence[] | undefined
}

/** What Apple says in the receipt of an App Attest key. Times are milliseconds. */
export type ReceiptFacts = {
  /** From when Apple gives a newer one. */
  readonly notBefore: number | null
  readonly expiresAt: number
  /** About how many keys this phone made for the app in 30 days. */
  readonly riskMetric: number | null
}

/** What came of the evidence of one message. */
export type Appraisal = {
  readonly id: string
  readonly at: number
  readonly purpose: Purpose
  readonly mode: 'enforce' | 'shadow'
  /** `none`: no evidence came. */
  readonly format: string
  /** `shadowed`: something would have refused it. */
  readonly outcome: 'accepted' | 'shadowed' | 'refused'
  /** What is proven, whatever the outcome. */
  readonly assurance: Assurance
  /** It proves nothing outside development: a development root, or a development build of the app. */
  readonly isDevelopment: boolean
  /** Of the evidence, then of the signals beside it. */
  readonly results: readonly AttestationResult[]
  readonly failed: readonly FailedCheck[]
  readonly sent: SentEvidence

  // Of evidence whose proof holds:
  readonly proven: ProvenFacts
  readonly serials: readonly string[]
  readonly batch: string | null
  readonly provisioning: 'factory' | 'remote' | null
  readonly appAttestKey: AppAttestKey | null
  readonly receipt: ReceiptFacts | null
}
