export { decodeAnyBase64 } from './any-base64.ts'
export { type AndroidKeyOptions, appraiseAndroidKey } from './android-key/appraise-android-key.ts'
export { type KeyDescription, readKeyDescription } from './android-key/key-description.ts'
export type { AndroidKeyPolicy } from './android-key/policy.ts'
export {
  type AppAttestationOptions,
  appraiseAppAttestation,
} from './apple-app-attest/appraise-app-attestation.ts'
export { appraiseAssertion, type AssertionOptions } from './apple-app-attest/appraise-assertion.ts'
export { appAttestKeyId } from './apple-app-attest/key-id.ts'
export type { AppAttestPolicy } from './apple-app-attest/policy.ts'
export {
  readReceipt,
  type ReadReceiptOptions,
  type ReceiptResult,
} from './apple-app-attest/receipt.ts'
export type { ReceiptFields } from './apple-app-attest/receipt-fields.ts'
export {
  type DeviceCheckKey,
  receiptUrls,
  type RefreshedReceipt,
  refreshReceipt,
  type RefreshReceiptOptions,
} from './apple-app-attest/refresh-receipt.ts'
export {
  appraiseManagedDevice,
  type ManagedDeviceOptions,
} from './apple-mda/appraise-managed-device.ts'
export type { ManagedDevicePolicy } from './apple-mda/policy.ts'
export type {
  AppraisalContext,
  AttestationPolicy,
  EvidenceFormat,
} from './appraisal.ts'
export type {
  AppAttestKey,
  AttestationCheck,
  AttestationResult,
  CheckOutcome,
  Claim,
  Claims,
  EvidenceFacts,
} from './attestation-result.ts'
export { readAttestationStatement } from './attestation-statement.ts'
export { type EvidenceFile, maxEvidenceFileBytes, readEvidenceFile } from './evidence-file.ts'
export { appraiseDevelopment, type DevelopmentOptions } from './development/appraise-development.ts'
export { evidenceFormats } from './formats.ts'
export { malformedResult } from './malformed-result.ts'
export {
  appraisePlayIntegrity,
  type PlayIntegrityOptions,
} from './play-integrity/appraise-play-integrity.ts'
export { readDecryptionKey, readVerificationKey } from './play-integrity/console-keys.ts'
export type { PlayIntegrityPolicy } from './play-integrity/policy.ts'
export { bareDigest, digestPattern, patchLevelPattern } from './policy-forms.ts'
export { builtInRoots } from './roots/built-in-roots.ts'
export {
  maxStatusListBytes,
  parseStatusList,
  type StatusList,
  type StatusListEntry,
} from './status-list.ts'
export { type TrustAnchor, trustAnchor, type TrustMaterial } from './trust.ts'
