import type { Outcome } from '../exchange/exchange.ts'
import { accessLine } from '../log/access-line.ts'
import type { LineBatch } from '../log/line-batch.ts'
import type { Histogram } from '../metrics/histogram.ts'
import type { ShadowCounts } from '../metrics/shadow-counts.ts'
import { decisionRecord } from '../pipeline/decision-record.ts'
import type { GatewayRequest } from '../pipeline/gateway-request.ts'
import type { DecisionRing } from './decision-ring.ts'

export type RequestBooksOptions = {
  /** Undefined where there is no access log. */
  readonly accessLog: () => LineBatch | undefined
  readonly durations: Histogram
  readonly decisions: DecisionRing
  readonly shadow: ShadowCounts
  /** A certificate with predecessors let its first request through. */
  readonly onFirstUse: (thumbprint: string) => void
}

/** What is kept of every request, whoever answers it: the access log, counters and decisions. */
export class RequestBooks {
  readonly #options: RequestBooksOptions

  constructor(options: RequestBooksOptions) {
    this.#options = options
  }

  /** Nothing was said against a request: its device's certificate is in use from now on. */
  noteUse(request: GatewayRequest): void {
    if (request.device === undefined) return
    const leaf = request.caller.currentLeaf()
    if (leaf?.device === undefined || !leaf.isFirstUse) return
    leaf.isFirstUse = false
    this.#options.onFirstUse(leaf.thumbprint)
  }

  /** @param now milliseconds of the monotonic clock */
  close(request: GatewayRequest, outcome: Outcome, now: number): void {
    const { route, host, refusal, shadowed } = request
    const counters = (route ?? host).counters
    const durationMs = now - request.startedAt
    this.#options.durations.observe(durationMs / 1000)
    this.#options.accessLog()?.add(accessLine(request, outcome, durationMs))
    const isWatched = route?.isWatched === true
    if (isWatched || shadowed !== undefined) this.#options.shadow.count(request, isWatched)
    if (shadowed !== undefined) {
      for (const shadow of shadowed) counters.count('shadow', shadow.refusal.code)
    }
    if (refusal !== undefined) counters.count('refused', refusal.code)
    else if (outcome.code !== undefined) counters.count('failed', outcome.code)
    else if (outcome.aborted) counters.count('failed', 'client_gone')
    else counters.forwarded++

    const { decisions } = this.#options
    if (refusal === undefined && shadowed === undefined && outcome.code === undefined) {
      decisions.keep(request, outcome.status)
    } else decisions.add(decisionRecord(request, outcome))
  }
}
