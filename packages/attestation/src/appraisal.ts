import type { Assurance, Evidence, Platform } from '@sallyport/wire'
import type { AndroidKeyPolicy } from './android-key/policy.ts'
import type { AppAttestPolicy } from './apple-app-attest/policy.ts'
import type { ManagedDevicePolicy } from './apple-mda/policy.ts'
import type { AppAttestKey, AttestationResult } from './attestation-result.ts'
import type { PlayIntegrityPolicy } from './play-integrity/policy.ts'
import type { TrustMaterial } from './trust.ts'

/** What an app asks of evidence. A member that is not there is not asked for. */
export type AttestationPolicy = {
  /** Takes evidence of the format `development`, which proves nothing. */
  readonly insecureDevelopmentDevices?: boolean
  readonly minimumAssurance?: Assurance
  readonly android?: AndroidKeyPolicy
  readonly apple?: AppAttestPolicy
  readonly managedDevices?: ManagedDevicePolicy
  readonly playIntegrity?: PlayIntegrityPolicy
}

/** What evidence is appraised against. A member that is not there is listed as unchecked. */
export type AppraisalContext = {
  /** The 32 bytes that were handed out. */
  readonly challenge?: Uint8Array
  /** DER SubjectPublicKeyInfo of the key that is to be certified. */
  readonly spki?: Uint8Array
  /** Milliseconds. */
  readonly at: number
  readonly trust: TrustMaterial
  readonly policy: AttestationPolicy
  /** The App Attest key of the device that renews: it asserts with this one and no other. */
  readonly appAttestKey?: AppAttestKey
}

/** One format of evidence. */
export type EvidenceFormat = {
  /** As messages and configuration call it. */
  readonly name: string
  /** `signal`: it comes beside evidence and raises no assurance. */
  readonly role: 'evidence' | 'signal'
  /** The most that it ever proves. */
  readonly reach: Assurance
  /** What it can only come from. Not there: from any. */
  readonly platform?: Platform
  /** Appraises evidence as the device API carries it. Malformed evidence is a failed check, not an exception. */
  appraise(evidence: Evidence, context: AppraisalContext): Promise<AttestationResult>
}
