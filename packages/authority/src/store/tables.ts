// A pure table: every table of the store, and nothing that is done with it.
import type { RevocationReason } from '@sallyport/pki'
import type { CertificateStatus, DeviceStatus, EndedKind, IssuerKind } from '@sallyport/wire'
import type { PersonalKind } from '../audit/personal.ts'
import type { Protocol } from '../protocols/protocol-config.ts'
import type { JwsPurpose } from '../signer/key-names.ts'

/**
 * The tables of the store. Time is integer milliseconds UTC, DER is bytes, thumbprints and hashes
 * are base64url, booleans are 0 and 1, structured details are canonical JSON text.
 */
export type Tables = {
  settings: SettingRow
  heads: HeadRow
  issuers: IssuerRow
  roots: RootRow
  devices: DeviceRow
  certificates: CertificateRow
  challenges_used: UsedChallengeRow
  enrollment_tokens: EnrollmentTokenRow
  approvals: ApprovalRow
  changes: ChangeRow
  gateways: GatewayRow
  receipts: ReceiptRow
  decisions: DecisionRow
  handshakes: HandshakeRow
  shadow_counts: ShadowCountRow
  broken_glass: BrokenGlassRow
  audit: AuditTableRow
  personal_values: PersonalValueRow
  forgotten_users: ForgottenUserRow
  audit_checkpoints: AuditCheckpointRow
  admin_tokens: AdminTokenRow
  proposals: ProposalRow
  used_id_tokens: UsedIdTokenRow
  status_changes_ordered: StatusChangeOrderedRow
  appraisals: AppraisalRow
  attestation_serials: AttestationSerialRow
  app_attest_keys: AppAttestKeyRow
  receipt_lanes: ReceiptLaneRow
  status_list: StatusListRow
  invalidations: InvalidationRow
  used_logout_tokens: UsedLogoutTokenRow
  exchanged_sessions: ExchangedSessionRow
  signing_keys: SigningKeyRow
  revocations: RevocationRow
  revocation_scopes: RevocationScopeRow
  revocation_lists: RevocationListRow
  acme_credentials: AcmeCredentialRow
  acme_accounts: AcmeAccountRow
  acme_orders: AcmeOrderRow
  acme_authorizations: AcmeAuthorizationRow
  acme_nonces: AcmeNonceRow
  service_certificates: ServiceCertificateRow
  feed_key_sets: FeedKeySetRow
  unconfirmed_status: UnconfirmedStatusRow
  leases: LeaseRow
  scep_ras: ScepRaRow
  mdm_credentials: MdmCredentialRow
  webhooks: WebhookRow
  webhook_cursors: WebhookCursorRow
}

/** `epoch`, `trust_domain`, `challenge_key`. */
export type SettingRow = { name: string; value: string }

/** The ends of the logs that have no gap: of the feed, and of the audit log each chain (`audit:<chain>`). `hash` is of chains alone. */
export type HeadRow = { name: string; seq: number; hash: string }

export type RootKind = 'device' | 'service' | 'development'
export type RootRow = { kind: RootKind; key_name: string; certificate: Uint8Array }

/**
 * `pending`: its request is out. `active`: it issues, or will from `issues_from`, unless a newer one of
 * its lane does. `retired`: believed, and issues no more. `revoked`: believed by nobody.
 */
export type IssuerStatus = 'pending' | 'active' | 'retired' | 'revoked'

export type IssuerRow = {
  /** SHA-256 of its SubjectPublicKeyInfo. */
  id: string
  kind: IssuerKind
  app_id: string
  /** Empty but where an app has several CAs of a kind. */
  lane: string
  trust_domain: string
  key_name: string
  /** Of no bytes while it is pending. */
  certificate: Uint8Array
  not_before: number
  not_after: number
  /** It was announced before, so that every gateway believes it by then. */
  issues_from: number
  status: IssuerStatus
  /** PKCS#10, where its root is not here. */
  request: Uint8Array | null
}

export type DeviceRow = {
  id: string
  app_id: string
  trust_domain: string
  status: DeviceStatus
  status_reason: string | null
  status_changed_at: number
  /** Issued under the development root. */
  development: number
  assurance: string
  platform: string
  app_version: string
  os_patch_level: string | null
  evidence_format: string | null
  appraised_at: number
  enrolled_at: number
  /** When the last of its certificates ends. */
  expires_at: number
  /** The checks that enrolment in shadow mode let pass: JSON, null where there were none. */
  shadow: string | null
  /** As the phone says, or as its evidence proves. */
  model: string | null
  os_version: string | null
  /** Which of platform, model, osVersion and osPatchLevel are proven: JSON array. */
  proven_facts: string
  /** Whose access token was shown when it enrolled: the provider's name, and `sub`. */
  user_provider: string | null
  user_subject: string | null
  /** What the phone calls itself over reinstalls of the app: asserted, never believed alone. */
  phone_id: string | null
  /** The address it enrolled from, and what enrolments are counted by: that, or its IPv6 /64. */
  enrolled_from: string | null
  enrolled_network: string | null
  /** SHA-256 of the SPKI of the batch certificate that attested its key. */
  batch: string | null
  /** The appraisal that its current certificate rests on. */
  appraisal_id: string | null
  /** By which standard protocol it enrolled; null: by the API of our own. */
  protocol: Protocol | null
  /** Who let it in there: `token:<id>`, `account:<id>`, `mdm:<name>`. */
  authorized_by: string | null
  /** What it is known by where it is managed. */
  identifier: string | null
}

export type CertificateRow = {
  thumbprint: string
  serial: string
  device_id: string
  app_id: string
  issuer_id: string
  status: CertificateStatus
  der: Uint8Array
  spki_sha256: string
  /** Thumbprints of its neighbours in the lineage. */
  predecessor: string | null
  successor: string | null
  not_before: number
  not_after: number
  issued_at: number
  /** When a connection under it was first seen. */
  used_at: number | null
  /** When it becomes superseded by its successor. */
  supersede_at: number | null
  /** When it was last recorded that two hold it. */
  forked_at: number | null
  /** The list that it would be on; null where its status is not published. */
  shard: number | null
}

export type UsedChallengeRow = {
  challenge: string
  spki_sha256: string
  used_at: number
  keep_until: number
  /** What it was used for: a certificate, or an approval that is waited for. */
  thumbprint: string | null
  approval_id: string | null
}

export type EnrollmentTokenRow = {
  id: string
  app_id: string
  hash: string
  label: string
  created_at: number
  created_by: string
  /** The admin token that it was made with; null: with none. */
  made_by: string | null
  expires_at: number
  used_at: number | null
  /** The device, or the approval, that it was used for. */
  used_for: string | null
  revoked_at: number | null
}

export type ApprovalStatus = 'pending' | 'approved' | 'denied'
export type ApprovalRow = {
  id: string
  app_id: string
  status: ApprovalStatus
  spki_sha256: string
  /** What the certificate will say: JSON of an admission. */
  admission: string
  address: string
  requested_at: number
  expires_at: number
  decided_at: number | null
  decided_by: string | null
  reason: string | null
  /** Whose device it will be: then another device of this user may decide, too. */
  user_provider: string | null
  user_subject: string | null
  device_id: string | null
  /** As of a device, where it asks by a standard protocol; null also of before that was kept. */
  authorized_by: string | null
}

export type ChangeRow = {
  seq: number
  at: number
  kind: string
  key: string
  status: string
  until: number | null
  /** JSON of the issuer that became trusted. */
  issuer: string | null
  /** Of what ends tokens: those issued at or before it. */
  issued_until: number | null
}

export type GatewayRow = {
  name: string
  status: 'active' | 'revoked'
  first_seen_at: number
  last_seen_at: number | null
  instance: string | null
  version: string | null
  epoch: string | null
  seq: number
  dropped: number
  shadow_instance: string | null
  shadow_batch: number | null
  /** JSON: `HeldBlock[]`, as it was reported last. */
  blocks: string | null
  /** Null: a gateway of ours. */
  role: string | null
  /** How many statuses it keeps that this epoch says nothing of. */
  unconfirmed: number | null
  /** JSON: `KeptAssertionKey[]`. */
  assertion_keys: string | null
  revoked_at: number | null
}

export type ReceiptRow = {
  seq: number
  gateway: string
  applied_after_ms: number
  http1: number
  http2: number
  web_socket: number
  reported_at: number
}

export type DecisionRow = {
  request_id: string
  support_code: string
  at: number
  /** Name of the gateway, or `authority`. */
  source: string
  address: string
  code: string | null
  device_id: string | null
  body: string
}

export type HandshakeRow = {
  id: string
  at: number
  source: string
  address: string
  code: string
  body: string
}

export type AuditTableRow = {
  /** The name of the authority that wrote it. */
  chain: string
  seq: number
  at: number
  actor: string
  action: string
  subject: string
  detail: string
  previous: string
  hash: string
}

/**
 * A personal value of a row of the audit log, and the salts of the commitment that the row has in its place
 * (`audit/commitment.ts`). Without it, it was forgotten.
 */
export type PersonalValueRow = {
  chain: string
  seq: number
  /** JSON pointer into the row. */
  place: string
  at: number
  kind: PersonalKind
  salt: string
  /** Of an address its network. */
  value: string
  /** The whole address, until it is truncated; from then on there is the hash. */
  exact: string | null
  exact_salt: string | null
  exact_hash: string | null
  /** When it was written, until then. */
  exact_at: number | null
}

/** A user who was forgotten: the keyed hash, so that a backup of before can be held against it. */
export type ForgottenUserRow = { id: string; forgotten_at: number }

/** The ends of all chains at a time, signed. */
export type AuditCheckpointRow = {
  seq: number
  at: number
  /** JSON of `ChainHead[]`. */
  heads: string
  jws: string
}

export type AdminTokenRow = {
  id: string
  hash: string
  label: string
  role: string
  created_at: number
  created_by: string
  /** The admin token that it was made with; null: with none. */
  made_by: string | null
  expires_at: number
  revoked_at: number | null
  kind: AdminTokenKind
  /** Whose: of a sign-in who signed in, else the token that began it. Two of one person agree on nothing. */
  person: string
  /** JSON, an array of strings each; null: not narrowed. */
  apps: string | null
  verbs: string | null
  networks: string | null
  /** To the hour. */
  last_used_at: number | null
}

/** A call of the admin API that waits, or waited, for a second person. */
export type ProposalRow = {
  id: string
  operation: string
  method: string
  url: string
  /** JSON, as it was sent. */
  body: string
  /** What the call asks for: whoever agrees must have it. */
  role: string
  verb: string
  why: string
  proposed_at: number
  proposed_by: string
  /** As of admin tokens. */
  person: string
  expires_at: number
  status: 'open' | 'agreed' | 'declined'
  decided_at: number | null
  decided_by: string | null
  reason: string | null
  /** `done`, or the code of the refusal; null: not tried, or the process ended meanwhile. */
  outcome: string | null
}

/** An ID token that began a session, by a hash of its nonce. */
export type UsedIdTokenRow = { key: string; keep_until: number }

/** Somebody changed the status of a device or a certificate. Kept for an hour. */
export type StatusChangeOrderedRow = { at: number; person: string }

/** `first`: made once with the authority, and good for making one token. */
export type AdminTokenKind = 'first' | 'token' | 'session'

/**
 * How long an appraisal is kept: as long as a `device` rests on it; as `history`, or as `refused`, for a
 * time, and only so many.
 */
export type Retention = 'device' | 'history' | 'refused'

/** One appraisal of evidence, whatever came of it. */
export type AppraisalRow = {
  id: string
  at: number
  app_id: string
  /** Null where nothing was issued. */
  device_id: string | null
  retention: Retention
  purpose: 'enroll' | 'renew'
  /** `none`: no evidence came. */
  format: string
  mode: 'enforce' | 'shadow'
  /** `shadowed`: something would have refused it. */
  outcome: 'accepted' | 'shadowed' | 'refused'
  assurance: string
  platform: string
  model: string | null
  os_version: string | null
  os_patch_level: string | null
  app_version: string
  /** The checks that failed: JSON array of `{format, name, code}`. */
  failed: string
  /** JSON of the attestation results, the evidence's first, then those of signals; of a refusal without claims. */
  results: string
  /** The evidence as it was sent, with challenge and key, JSON; kept while a device rests on it. */
  evidence: string | null
  address: string
  request_id: string
}

/** Which devices rest on a certificate of an attestation chain. */
export type AttestationSerialRow = {
  /** Lower-case hex. */
  serial: string
  device_id: string
  /** When the status list named it and policy was carried out. */
  handled_at: number | null
}

/** The App Attest key that a device asserts with. */
export type AppAttestKeyRow = {
  device_id: string
  /** base64. */
  key_id: string
  /** DER. */
  spki: Uint8Array
  counter: number
  environment: 'production' | 'development'
  /** `TEAMID.bundle.id`. */
  apple_app_id: string
  /** CMS. */
  receipt: Uint8Array | null
  receipt_not_before: number | null
  receipt_expires_at: number | null
  /** How many keys this phone made for the app in 30 days, as Apple counts. */
  risk_metric: number | null
  updated_at: number
  /** When the receipt came. */
  receipt_at: number | null
  /** When Apple is asked for the next; null: never again. */
  receipt_due_at: number | null
  /** Why there is none newer: a code. */
  receipt_fault: string | null
  /** What was done about a metric that is too high; null: it is not, or nobody said so. */
  risk_effect: RiskEffect | null
}

export type RiskEffect = 'notified' | 'suspended'

/** How fast Apple may be asked for receipts, by every authority over this store. */
export type ReceiptLaneRow = {
  team_id: string
  environment: AppAttestKeyRow['environment']
  /** Nobody asks before. */
  next_at: number
  /** In a row. */
  failures: number
  /** The last of them: a code. */
  fault: string | null
  failing_since: number | null
  /** When Apple last answered as it should. */
  answered_at: number | null
}

/** The status list as it was last taken up. */
export type StatusListRow = {
  /** Lower-case hex. */
  serial: string
  status: string
  reason: string | null
  first_seen_at: number
}

/** What stages in mode shadow would have refused within an hour. Empty `stage` and `code`: all requests. */
export type ShadowCountRow = {
  hour: number
  host: string
  route: string
  stage: string
  code: string
  app_id: string
  platform: string
  app_version: string
  requests: number
  /** A sketch of which devices: see `device-sketch.ts` of wire. */
  devices: Uint8Array
}

/** What the audit log has been told of already. */
export type BrokenGlassRow = { id: string; event: 'began' | 'ended'; gateway: string; at: number }

/** What ends tokens: the last word on each key. */
export type InvalidationRow = {
  kind: EndedKind
  key: string
  /** Whose tokens; null where those of a device end. */
  issuer: string | null
  at: number
  issued_until: number | null
  until: number
  actor: string
  reason: string | null
  /** The change that told of it. */
  seq: number
}

/** Logout tokens that were obeyed: SHA-256 of issuer and `jti`. */
export type UsedLogoutTokenRow = { key: string; keep_until: number }

/** The device that first exchanged a token of a session. */
export type ExchangedSessionRow = {
  /** SHA-256 of issuer and session, or of issuer and `jti` where there is no session. */
  key: string
  device_id: string
  first_used_at: number
  keep_until: number
  /** When it was last recorded that another device tried. */
  refused_at: number | null
}

/** A key that JWS are signed with: tokens that devices are given in exchange, the feed, checkpoints. */
export type SigningKeyRow = {
  /** RFC 7638. */
  kid: string
  purpose: JwsPurpose
  key_name: string
  /** DER. */
  spki: Uint8Array
  created_at: number
  signs_from: number
  /** When it was replaced at once: from then on nothing of it counts. */
  ended_at: number | null
}

/** Which keys the feed is signed with from then on. */
export type FeedKeySetRow = {
  number: number
  at: number
  /** Of its keys, a blank between two. */
  kids: string
  /** Compact JWS, by a key of the set before. */
  statement: string
}

/**
 * `open`: nobody has decided. `ended`: ended again in the registry. `kept`: the registry has no row of it, and it
 * is told by this one. `dropped`: let go.
 */
export type UnconfirmedDecision = 'open' | 'ended' | 'kept' | 'dropped'

/** A status that gateways heard in another epoch, and that the store, restored, knew nothing of. */
export type UnconfirmedStatusRow = {
  kind: string
  key: string
  status: string
  until: number
  issued_until: number | null
  /** The epoch that it was reported in. */
  epoch: string
  reported_at: number
  /** The gateway that reported it first. */
  reported_by: string
  decision: UnconfirmedDecision
  decided_at: number | null
  decided_by: string | null
  reason: string | null
}

/** A certificate that is, or will be, on the lists of its CA: a device's, or under a root a CA's. */
export type RevocationRow = {
  /** Of its issuer alone: another may have given the same one. */
  serial: string
  /** SHA-256 of the SubjectPublicKeyInfo of an issuing CA, or of a root. */
  issuer_id: string
  /** -1 under a root, which has one list. */
  shard: number
  not_after: number
  revoked_at: number
  /** Null: unspecified. */
  reason: RevocationReason | null
}

/** A list that there is to be: of a shard, or (-1) of all certificates of a CA. */
export type RevocationScopeRow = {
  issuer_id: string
  shard: number
  /** JSON array: the addresses that certificates have for it. */
  addresses: string
  /** How many there were that concern it. */
  changes: number
  /** The last CRL number that was given out for it. */
  last_number: number
}

/** A list as it is published. */
export type RevocationListRow = {
  issuer_id: string
  shard: number
  number: number
  /** So many of the changes of its scope are on it. */
  through_changes: number
  this_update: number
  next_update: number
  entries: number
  /** As those of its scope were. */
  addresses: string
  der: Uint8Array
}

/** Who does a piece of work by the clock, and until when nobody else does. */
export type LeaseRow = {
  name: string
  /** An authority, for as long as its process lives. */
  holder: string
  /** By the clock of the store. */
  until: number
}

/** What lets ACME accounts in (RFC 8555 §7.3.4). Its key is kept nowhere: it is made of the id. */
export type AcmeCredentialRow = {
  id: string
  app_id: string
  label: string
  created_at: number
  created_by: string
  /** The admin token that it was made with; null: with none. */
  made_by: string | null
  expires_at: number
  revoked_at: number | null
}

export type AcmeAccountRow = {
  id: string
  app_id: string
  /** RFC 7638, base64url. */
  key_thumbprint: string
  /** JSON of the public key. */
  jwk: string
  status: 'valid' | 'deactivated'
  /** What it was let in by; null where the app asks for nothing. */
  credential_id: string | null
  created_at: number
  /** It is forgotten when it has ordered nothing for so long. */
  keep_until: number
}

export type AcmeOrderRow = {
  id: string
  app_id: string
  account_id: string
  /** `processing`: someone's approval is waited for. */
  status: 'pending' | 'ready' | 'processing' | 'valid' | 'invalid'
  /** JSON array of `{type, value}`. */
  identifiers: string
  created_at: number
  expires_at: number
  /** JSON of a problem document. */
  error: string | null
  /** The key that was attested, or certified. */
  spki_sha256: string | null
  /** Of the certificate: a device's, or one of `service_certificates`. */
  thumbprint: string | null
  keep_until: number
}

/** An authorization and its only challenge. */
export type AcmeAuthorizationRow = {
  id: string
  order_id: string
  account_id: string
  /** In its order. */
  position: number
  identifier_type: string
  identifier_value: string
  status: 'pending' | 'valid' | 'invalid' | 'deactivated'
  expires_at: number
  token: string
  validated_at: number | null
  /** JSON of a problem document. */
  error: string | null
  /** What an attestation admits: JSON, see `device-attest.ts`. */
  evidence: string | null
  keep_until: number
}

/** Nonces that were used. */
export type AcmeNonceRow = { nonce: string; keep_until: number }

/** A server's certificate under the service root, ordered by ACME. It is no device. */
export type ServiceCertificateRow = {
  thumbprint: string
  serial: string
  app_id: string
  account_id: string
  /** SHA-256 of the SubjectPublicKeyInfo of the root. */
  issuer_id: string
  /** JSON array of DNS names. */
  names: string
  der: Uint8Array
  issuer_der: Uint8Array
  spki_sha256: string
  /** Whether it says where its revocation is published. */
  published: number
  not_before: number
  not_after: number
  issued_at: number
  revoked_at: number | null
  /** Null: unspecified. */
  reason: RevocationReason | null
}

/** A registration authority of SCEP, by the name of its key. */
export type ScepRaRow = {
  key_name: string
  app_id: string
  issuer_id: string
  certificate: Uint8Array
  not_after: number
}

/** What an MDM has its devices enrol with: of its text a hash is kept. */
export type MdmCredentialRow = {
  id: string
  app_id: string
  lane: string
  hash: string
  label: string
  max_per_hour: number
  created_at: number
  created_by: string
  /** The admin token that it was made with; null: with none. */
  made_by: string | null
  revoked_at: number | null
}

/** How it goes with a receiver of events. What it is called with stands in the configuration. */
export type WebhookRow = {
  name: string
  since: number
  status: 'active' | 'disabled'
  /** Rises with each word of an operator: whoever began before it leaves everything as it is. */
  generation: number
  /** In a row. */
  failures: number
  failing_since: number | null
  next_attempt_at: number | null
  last_error: string | null
  last_delivered_at: number | null
  disabled_at: number | null
  disabled_by: string | null
  disabled_reason: string | null
}

/** How far a receiver has been told of a chain. */
export type WebhookCursorRow = {
  webhook: string
  chain: string
  /** Of the last row that it needs no more. */
  seq: number
  /** Of the last row that it was sent; null where none is known. */
  sent: number | null
}
