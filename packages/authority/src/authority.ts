import type { Logger } from 'pino'
import type { AuthorityConfig } from './config/authority-config.ts'
import type { DecisionRecorder } from './decisions/decision-recorder.ts'
import type { FeedHub } from './feed/feed-hub.ts'
import type { IssuerSet } from './issuers/issuer-set.ts'
import type { Metrics } from './operations/metrics.ts'
import type { Store } from './store/store.ts'
import type { TrustKeeper } from './trust/trust-keeper.ts'
import type { WorkLanes } from './work/work-lanes.ts'

/** A running authority: what every operation is handed first. */
export type Authority = {
  readonly config: AuthorityConfig
  readonly store: Store
  readonly issuers: IssuerSet
  /** Names this feed: another store has another one, and so has one that was restored. */
  readonly epoch: string
  readonly challengeKey: Uint8Array
  readonly lanes: WorkLanes
  readonly feed: FeedHub
  readonly decisions: DecisionRecorder
  /** What evidence is judged by. */
  readonly trust: TrustKeeper
  readonly metrics: Metrics
  readonly log: Logger
  /** Milliseconds since 1970. */
  readonly now: () => number
}

/** Who sent a request, for the audit log and the records of refusals. */
export type Caller = { requestId: string; address: string }
