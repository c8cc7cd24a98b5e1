import type { ReasonCode } from '@sallyport/problem'
import type { ChangeKind, DecisionRecord, HandshakeRecord, TrustedIssuer } from '@sallyport/wire'
import type { AddressTables } from '../addresses/shared-addresses.ts'
import type { OpenGlass } from '../break-glass/open-glass.ts'
import type { CounterSeat } from '../counters/counter-memory.ts'
import type { AssertionKey } from '../assertion/sign-assertion.ts'
import type { Credentials } from '../certificates/credentials.ts'
import type { Plan } from '../configuration/plan.ts'
import type { DecisionListeners } from '../decisions/decision-door.ts'
import type { LinePage } from '../log/line-batch.ts'
import type { CountedShadow } from '../metrics/shadow-counts.ts'
import type { WorkerMetrics } from '../metrics/worker-metrics.ts'

/** What all workers believe, at one revision. */
export type Trust = {
  /** Rises with each change of the issuers. */
  readonly revision: number
  readonly issuers: readonly TrustedIssuer[]
  /** Ticket keys are derived from it; replaced when trust is withdrawn, and twice a day. */
  readonly ticketSecret: Uint8Array
}

export type Address = { readonly host: string; readonly port: number }
/** Where a worker listens, and under which name of the plan. */
export type ListenAddress = { readonly name: string } & (Address | { readonly path: string })

/** What a worker is started with. */
export type WorkerStart = {
  readonly instance: string
  readonly listen: readonly ListenAddress[]
  /** Whether several workers share each port. */
  readonly sharesPorts: boolean
  /** Undefined where no proxy asks. */
  readonly decisions: DecisionListeners | undefined
  readonly plan: Plan
  readonly trust: Trust
  /** Undefined where nothing is signed. */
  readonly assertionKey: AssertionKey | undefined
  readonly credentials: Credentials
  readonly control: SharedArrayBuffer
  readonly table: SharedArrayBuffer
  readonly openGlass: readonly OpenGlass[]
  readonly counters: CounterSeat
  readonly addresses: AddressTables
  /** Temporary blocks of addresses, of all threads. */
  readonly addressBlocks: SharedArrayBuffer
}

/** A change of status that is in the table already: connections are ended by it. */
export type KnownChange = {
  readonly seq: number
  readonly kind: ChangeKind
  readonly key: string
  readonly status: string
  /** Of subjects and tokens of a device: what was issued at or before it has ended; else all of it. */
  readonly issuedUntil?: number
}

export type EndedConnections = { http1: number; http2: number; webSocket: number }

/** From the main thread to a worker. */
export type ToWorker =
  | { readonly type: 'prepare'; readonly generation: number; readonly plan: Plan }
  | { readonly type: 'commit'; readonly generation: number }
  | { readonly type: 'abort'; readonly generation: number }
  | { readonly type: 'trust'; readonly trust: Trust }
  | { readonly type: 'assertion-key'; readonly key: AssertionKey }
  | { readonly type: 'credentials'; readonly credentials: Credentials; readonly number: number }
  | { readonly type: 'table'; readonly table: SharedArrayBuffer; readonly number: number }
  | { readonly type: 'changes'; readonly changes: readonly KnownChange[] }
  | { readonly type: 'addresses'; readonly tables: AddressTables }
  | { readonly type: 'metrics'; readonly request: number }
  | { readonly type: 'decision'; readonly request: number; readonly key: string }
  | { readonly type: 'open-glass'; readonly number: number; readonly open: readonly OpenGlass[] }
  | { readonly type: 'lines-taken'; readonly page: LinePage }
  | { readonly type: 'drain' }

export type Failure = {
  readonly code: ReasonCode
  readonly detail: string
  readonly expected?: string
  readonly found?: string
}

/** @param moved memory that goes over with the message, and is here no more */
export type SendFromWorker = (message: FromWorker, moved?: ArrayBuffer[]) => void

/** From a worker to the main thread. */
export type FromWorker =
  | { readonly type: 'ready' }
  | { readonly type: 'failed'; readonly failure: Failure }
  | { readonly type: 'prepared'; readonly generation: number; readonly failure?: Failure }
  | { readonly type: 'committed'; readonly generation: number }
  | { readonly type: 'table-taken'; readonly number: number }
  | { readonly type: 'credentials-taken'; readonly number: number }
  | { readonly type: 'open-glass-taken'; readonly number: number }
  | {
      readonly type: 'applied'
      readonly changes: readonly { readonly seq: number; readonly ended: EndedConnections }[]
    }
  | { readonly type: 'metrics'; readonly request: number; readonly metrics: WorkerMetrics }
  | {
      readonly type: 'decision'
      readonly request: number
      readonly record: DecisionRecord | undefined
    }
  | { readonly type: 'lines'; readonly page: LinePage }
  | {
      readonly type: 'records'
      readonly decisions: readonly DecisionRecord[]
      readonly handshakes: readonly HandshakeRecord[]
      /** Thumbprints of renewed certificates that came into use. */
      readonly used: readonly string[]
      readonly dropped: number
    }
  | { readonly type: 'shadow'; readonly counts: readonly CountedShadow[] }
  | {
      readonly type: 'log'
      readonly level: LogLevel
      readonly fields: Readonly<Record<string, unknown>>
      readonly message: string
    }
  | { readonly type: 'drained' }

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'
