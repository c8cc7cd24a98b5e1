import type { DecisionRecord } from '@sallyport/wire'
import { supportCode } from '@sallyport/problem'
import { loggedPath } from '../log/access-line.ts'
import type { GatewayRequest } from '../pipeline/gateway-request.ts'

const capacity = 2_048
/** What goes to the main thread at one tick; more are counted, and stay findable in the ring. */
const maxPerTick = 200

/** A request that nobody had anything against: what is kept of it, without building a trace. */
type Passed = {
  readonly requestId: string
  readonly at: number
  readonly address: string
  readonly host: string
  readonly method: string
  readonly path: string
  readonly route: string
  readonly status: number
  readonly rule: string | undefined
  readonly deviceId: string | undefined
  readonly user: string | undefined
}

/**
 * The last decisions of a worker, and those that the authority must hear of. Bounded in every way: in
 * a flood of refusals the newest are kept, the rest is a number.
 */
export class DecisionRing {
  dropped = 0
  readonly #ring: (DecisionRecord | Passed | undefined)[] = []
  #next = 0
  #waiting: DecisionRecord[] = []

  /** A refusal, a failure, or what a stage in shadow mode had to say. */
  add(record: DecisionRecord): void {
    this.#put(record)
    if (this.#waiting.length < maxPerTick) this.#waiting.push(record)
    else this.dropped++
  }

  keep(request: GatewayRequest, status: number): void {
    const { exchange, caller } = request
    this.#put({
      requestId: exchange.requestId,
      at: request.at,
      address: caller.address,
      host: request.host.plan.name,
      method: exchange.method,
      path: loggedPath(exchange.target),
      route: request.route?.plan.name ?? '',
      status,
      rule: request.rule,
      deviceId: request.device?.deviceId,
      user: request.token?.label,
    })
  }

  /** What the authority has not been told yet. */
  takeWaiting(): DecisionRecord[] {
    const taken = this.#waiting
    if (taken.length > 0) this.#waiting = []
    return taken
  }

  /** By request id, or by the support code that is a piece of it. */
  find(key: string): DecisionRecord | undefined {
    const asked = key.toUpperCase()
    for (const entry of this.#ring) {
      if (entry === undefined) continue
      if (entry.requestId === key || supportCode(entry.requestId) === asked)
        return wholeRecord(entry)
    }
    return undefined
  }

  #put(entry: DecisionRecord | Passed): void {
    this.#ring[this.#next] = entry
    this.#next = (this.#next + 1) % capacity
  }
}

function wholeRecord(entry: DecisionRecord | Passed): DecisionRecord {
  if ('stages' in entry) return entry
  const { deviceId, rule, user, ...known } = entry
  return {
    ...known,
    ...(rule === undefined ? {} : { rule }),
    ...(deviceId === undefined ? {} : { deviceId }),
    ...(user === undefined ? {} : { user }),
    stages: [],
  }
}
