import type { Transport } from './carrier.ts'
import type { Endpoint } from './endpoint.ts'
import type { UpstreamSettings } from './upstream-config.ts'

export type TargetEvents = {
  ejected(target: Target, why: string): void
  recovered(target: Target): void
}

/** One target of an upstream: where it is, its connections, and what is known of its health. */
export class Target {
  readonly endpoint: Endpoint
  readonly transport: Transport
  /** Requests that it has not answered yet. */
  outstanding = 0
  requests = 0
  failures = 0

  readonly #settings: UpstreamSettings
  readonly #events: TargetEvents
  // What requests say: an ejection, of which a trial or time is the end.
  #failuresInRow = 0
  #ejectedUntil = 0
  // What the health checks say; without any, nothing speaks against it.
  #checksInRow = 0
  #passesChecks = true

  constructor(
    endpoint: Endpoint,
    transport: Transport,
    settings: UpstreamSettings,
    events: TargetEvents,
  ) {
    this.endpoint = endpoint
    this.transport = transport
    this.#settings = settings
    this.#events = events
  }

  get passesChecks(): boolean {
    return this.#passesChecks
  }

  /** When its ejection ends; 0 where it is not ejected. */
  get ejectedUntil(): number {
    return this.#ejectedUntil
  }

  isAvailable(now: number): boolean {
    return this.#passesChecks && this.#ejectedUntil <= now
  }

  /** Was chosen for a request. The first one after an ejection is a trial: others wait for it. */
  chosen(now: number): void {
    this.requests++
    if (this.#ejectedUntil !== 0) this.#ejectedUntil = now + this.#settings.ejectMs
  }

  answered(): void {
    this.#failuresInRow = 0
    if (this.#ejectedUntil === 0) return
    this.#ejectedUntil = 0
    this.#events.recovered(this)
  }

  failed(now: number, why: string): void {
    this.failures++
    if (++this.#failuresInRow < this.#settings.unhealthyAfter) return
    const wasEjected = this.#ejectedUntil !== 0
    this.#ejectedUntil = now + this.#settings.ejectMs
    if (!wasEjected) this.#events.ejected(this, why)
  }

  /** The result of a health check; `why` where it failed. */
  checked(why: string | undefined): void {
    const isChange = (why === undefined) !== this.#passesChecks
    this.#checksInRow = isChange ? this.#checksInRow + 1 : 0
    const { healthyAfter, unhealthyAfter } = this.#settings
    if (!isChange || this.#checksInRow < (why === undefined ? healthyAfter : unhealthyAfter)) return
    this.#checksInRow = 0
    this.#passesChecks = why === undefined
    if (why === undefined) this.#events.recovered(this)
    else this.#events.ejected(this, why)
  }
}
