import type { KeyObject } from 'node:crypto'
import type { Problem } from '@sallyport/problem'
import type { Assurance, Evidence } from '@sallyport/wire'

/** What evidence must be about: this challenge, and this key. */
export type EvidenceSubject = {
  challenge: Uint8Array
  /** DER SubjectPublicKeyInfo of the signing request. */
  spki: Uint8Array
  publicKey: KeyObject
}

/** One thing that was looked at. */
export type AppraisalCheck = { check: string; ok: boolean; expected: string; found: string }

/** An attestation result (RFC 9334 §8.4): what is proven, and every check that led there. */
export type Appraisal = {
  assurance: Assurance
  /** Issued under the development root. */
  development: boolean
  checks: readonly AppraisalCheck[]
  /** Why the evidence does not prove what it should. Without it, it does. */
  refusal?: Problem
}

export type AppraisalPolicy = { insecureDevelopmentDevices: boolean }

/** One format of evidence. */
export type EvidenceFormat = {
  readonly name: string
  /** Appraises evidence. Malformed evidence is a refusal, not an exception. */
  appraise(
    evidence: Evidence,
    subject: EvidenceSubject,
    policy: AppraisalPolicy,
  ): Promise<Appraisal>
}
