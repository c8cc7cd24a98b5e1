export { type Role, roles } from './admin/roles.ts'
export { maxTokenSeconds } from './admin/admin-token.ts'
export { createTokenOnHost, type TokenOnHost } from './admin/token-on-host.ts'
export { type Verb, verbs } from './admin/verbs.ts'
export type { AdminTokenInfo, CreatedAdminToken } from './api/admin/admin-token-messages.ts'
export type {
  AdminAppraisal,
  AdminAttestationResult,
  AppraisalList,
  AppraisedEvidence,
  AttestationReport,
  FailedCheck,
} from './api/admin/appraisal-messages.ts'
export type {
  AdminApproval,
  AdminCertificate,
  AdminDevice,
  AdminEnrollmentToken,
  AdminGateway,
  AdminIssuer,
  CertificateChange,
  CreatedEnrollmentToken,
  DeviceChange,
  DeviceDetail,
  DevicePage,
  ReceiptList,
} from './api/admin/messages.ts'
export type {
  AdminInvalidation,
  InvalidationChange,
  InvalidationPage,
} from './api/admin/invalidation-messages.ts'
export type { AdminRevocationList } from './api/admin/revocation-list-messages.ts'
export type { AdminListedCertificate } from './api/admin/certificate-list-routes.ts'
export type { AdminCertificateStatus } from './api/admin/certificate-status-routes.ts'
export type { AdminBlock, AdminLift } from './api/admin/lift-messages.ts'
export type { AdminFeed, AdminUnconfirmed } from './api/admin/feed-messages.ts'
export type { FoundDecisions } from './api/admin/record-routes.ts'
export { type AuditRow, type AuditVerification, verifyAudit } from './audit/audit-log.ts'
export type { Forgotten, PersonalPlace } from './audit/opened-row.ts'
export type { ChainHead, Checkpoint } from './audit/checkpoint.ts'
export { verifyCheckpoint } from './audit/verify-checkpoint.ts'
export type { AndroidAppConfig, PlayIntegrityConfig } from './config/android-app-config.ts'
export type {
  AppAttestationConfig,
  AppConfig,
  CertificateConfig,
  EnrollmentConfig,
} from './config/app-config.ts'
export type { AppleAppConfig, ManagedDevicesConfig } from './config/apple-app-config.ts'
export { attestationPolicies } from './config/attestation-policy.ts'
export { checkAuthority, type CheckedFrom } from './config/check-authority.ts'
export { type AuthorityConfig, authoritySections } from './config/authority-config.ts'
export type { FoundDecision, FoundHandshake } from './decisions/find-decisions.ts'
export {
  type InitializedAuthority,
  type InitializeOptions,
  initializeAuthority,
} from './initialize-authority.ts'
export type { ServiceIdentity } from './issuers/service-certificates.ts'
export { findPassphrase, passphraseVariable } from './passphrase.ts'
export type {
  AttestationStatus,
  ListedDevicePage,
} from './api/admin/attestation-status-messages.ts'
export { type AttestationConfig, googleRootKeys, googleUrls } from './config/attestation-config.ts'
export { readDevelopmentRoots } from './trust/development-roots.ts'
export {
  createSnapshot,
  maxSnapshotBytes,
  readSnapshot,
  type TrustSnapshot,
} from './trust/snapshot.ts'
export { fetchPublished } from './trust/trust-sources.ts'
export { checkSigner } from './config/check-signer.ts'
export {
  type Comparison,
  compareSigned,
} from './signer/compare/compare-signed.ts'
export type { JournalRecord } from './signer/journal/journal-record.ts'
export type { JournalFault } from './signer/journal/read-journal.ts'
export { journalDirectoryOf, journalKeepMsOf } from './signer/journal/journal-place.ts'
export { signerSocketOf } from './config/keys-config.ts'
export { signerSecretOf } from './signer/process/signer-secret.ts'
export { SignerClient, type SignerClientOptions } from './signer/process/signer-client.ts'
export { checkStoreConfig, type PostgresConfig, type StoreConfig } from './config/store-config.ts'
export { postgresPasswordVariable, storeLocation } from './config/store-location.ts'
export type { StoreLocation } from './store/store.ts'
export {
  backupStore,
  copyStoreTo,
  followLogAt,
  migrateStoreAt,
  type MissingMigrations,
  missingMigrationsAt,
  refuseBegunStore,
  restoreStore,
} from './store/portable/store-operations.ts'
export type { EndedAgain } from './endings/end-again.ts'
export type { Restored } from './store/portable/restore-backup.ts'
export { type RunningAuthority, type StartOptions, startAuthority } from './start-authority.ts'
export type { ShadowReport } from './api/admin/shadow-messages.ts'
export { eventReference } from './audit/event-reference.ts'
export { dataMapReference } from './privacy/data-map-reference.ts'
