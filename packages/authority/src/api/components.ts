import type { TSchema } from 'typebox'
import { AdminAppraisal, AdminAttestationResult } from './admin/appraisal-messages.ts'
import { AdminTokenInfo } from './admin/admin-token-messages.ts'
import { AttestationStatus } from './admin/attestation-status-messages.ts'
import { AdminInvalidation } from './admin/invalidation-messages.ts'
import { AdminBlock, AdminLift } from './admin/lift-messages.ts'
import {
  AdminApproval,
  AdminCertificate,
  AdminDevice,
  AdminEnrollmentToken,
  AdminGateway,
  AdminIssuer,
  ShadowFinding,
} from './admin/messages.ts'
import { AdminRevocationList } from './admin/revocation-list-messages.ts'
import { AdminProposal } from './admin/proposal-messages.ts'
import { ProblemSchema } from './problem-schema.ts'

/** Messages that the description of the APIs names, for all places where they stand. */
export const components: Readonly<Record<string, TSchema>> = {
  AdminToken: AdminTokenInfo,
  Appraisal: AdminAppraisal,
  Approval: AdminApproval,
  AttestationResult: AdminAttestationResult,
  AttestationStatus,
  Block: AdminBlock,
  Certificate: AdminCertificate,
  Device: AdminDevice,
  EnrollmentToken: AdminEnrollmentToken,
  Gateway: AdminGateway,
  Invalidation: AdminInvalidation,
  Issuer: AdminIssuer,
  Lift: AdminLift,
  Problem: ProblemSchema,
  Proposal: AdminProposal,
  RevocationList: AdminRevocationList,
  ShadowFinding,
}
