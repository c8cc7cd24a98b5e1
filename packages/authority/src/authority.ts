import type { TokenVerifier } from '@sallyport/token'
import type { Logger } from 'pino'
import type { ConnectionAdmission } from './admission/connection-admission.ts'
import type { Holders } from './admission/holders.ts'
import type { RefusedAppraisals } from './appraisals/refused-appraisals.ts'
import type { AttestationPolicies } from './config/attestation-policy.ts'
import type { AuthorityConfig } from './config/authority-config.ts'
import type { DecisionRecorder } from './decisions/decision-recorder.ts'
import type { FailedAttempts } from './enrollment/failed-attempts.ts'
import type { FeedHub } from './feed/feed-hub.ts'
import type { FeedSigner } from './feed/feed-signer.ts'
import type { IssuerSet } from './issuers/issuer-set.ts'
import type { Metrics } from './operations/metrics.ts'
import type { UserNames } from './privacy/user-names.ts'
import type { ReceiptKeeper } from './receipts/receipt-keeper.ts'
import type { RevocationClients } from './sessions/revocation-client.ts'
import type { JwsKeys } from './signer/jws-keys.ts'
import type { Signer } from './signer/signer.ts'
import type { Store } from './store/store.ts'
import type { TrustKeeper } from './trust/trust-keeper.ts'
import type { Leases } from './work/leases.ts'
import type { WebhookTargets } from './webhooks/webhook-target.ts'
import type { WorkLanes } from './work/work-lanes.ts'

/** A running authority: what every operation is handed first. */
export type Authority = {
  readonly config: AuthorityConfig
  readonly store: Store
  /** Who has the keys of the CAs. */
  readonly signer: Signer
  readonly issuers: IssuerSet
  /** Reads the issuers again: one was added, or withdrawn. */
  refreshIssuers(): Promise<void>
  /** Names this feed: another store has another one, and so has one that was restored. */
  readonly epoch: string
  readonly challengeKey: Uint8Array
  readonly lanes: WorkLanes
  /** Where devices call from that hold a certificate. */
  readonly holders: Holders
  /** When a connection is looked at, by listener: a flood at one makes nobody wait at another. */
  readonly admissions: Readonly<Record<'device' | 'mtls' | 'status', ConnectionAdmission>>
  /** Decides which authority does what is done by the clock. */
  readonly leases: Leases
  readonly feed: FeedHub
  /** Signs what gateways are told. */
  readonly feedSigner: FeedSigner
  readonly decisions: DecisionRecorder
  /** What evidence is judged by. */
  readonly trust: TrustKeeper
  /** Refreshes what Apple says of App Attest keys. */
  readonly receipts: ReceiptKeeper
  /** What each app asks of evidence. */
  readonly policies: AttestationPolicies
  readonly refusedAppraisals: RefusedAppraisals
  /** Verifies the access tokens of users. */
  readonly tokens: TokenVerifier
  /** What users are called in the store. */
  readonly userNames: UserNames
  /** The keys of the tokens that devices are given in exchange. */
  readonly tokenKeys: JwsKeys
  /** The keys of the checkpoints of the audit log. */
  readonly checkpointKeys: JwsKeys
  /** Who may revoke tokens beside operators. */
  readonly revocationClients: RevocationClients
  /** Where events of the audit log are sent. */
  readonly webhooks: WebhookTargets
  /** Enrolments that were refused, by address. */
  readonly failedAttempts: FailedAttempts
  /** Renewals whose evidence was refused, by device. */
  readonly failedRenewals: FailedAttempts
  /** Whether it was told to end: it still answers, and says that it is not to be asked any more. */
  readonly ending: { hasBegun: boolean }
  readonly metrics: Metrics
  readonly log: Logger
  /** Milliseconds since 1970. */
  readonly now: () => number
}

/** Who sent a request, for the audit log and the records of refusals. */
export type Caller = { requestId: string; address: string }
