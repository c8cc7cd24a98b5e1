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
export type { StatusList, StatusListEntry } from './status-list.ts'
export { type TrustAnchor, trustAnchor, type TrustMaterial } from './trust.ts'
