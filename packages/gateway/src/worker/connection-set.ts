import type { Connection } from '../edge/connection.ts'
import type { Handshake } from '../edge/handshake.ts'
import type { Caller } from '../pipeline/caller.ts'
import type { ServedRequest } from '../pipeline/served-request.ts'
import type { DeviceStatus } from '../status/device-status.ts'
import { certificateRequired, checkDevice } from '../trust/check-device.ts'
import { endCallers } from './ended-callers.ts'
import { endedBy, endedNow, endRequests } from './ended-tokens.ts'
import type { EndedConnections, KnownChange } from './messages.ts'
import type { Limits } from '../configuration/limits.ts'

/** How many connections are looked at in one turn of the event loop. */
const reviewBatch = 200

/** How far one that can go is looked for. */
const maxSearched = 32
/** How long a client may take to take a refusal. They are small, and cost nothing to provoke. */
const refusalMs = 5_000

/** All connections of a worker, in their handshake and behind it. */
export class ConnectionSet {
  readonly open = new Set<Connection>()
  readonly pending = new Set<Handshake>()
  readonly #status: DeviceStatus

  constructor(status: DeviceStatus) {
    this.#status = status
  }

  /**
   * Ends the connections that a change is about, and requests whose token it ends. A certificate that was
   * succeeded may finish its work.
   */
  apply(change: KnownChange): EndedConnections {
    const ended: EndedConnections = { http1: 0, http2: 0, webSocket: 0 }
    if (change.status === 'active' || isDoneElsewhere(change)) return ended
    const hasEnded = endedBy(change, this.#status)
    for (const connection of this.open) {
      if (hasEnded !== undefined) endRequests(connection, hasEnded, ended)
      if (!isSuccession(change)) endCallers(connection, (caller) => isAbout(caller, change), ended)
      if (!isAbout(connection, change)) continue
      ended[connection.kind]++
      if (isSuccession(change)) connection.endGracefully()
      else connection.endNow()
    }
    return ended
  }

  /** After more than one change: every connection is held against what is known now. */
  async review(): Promise<EndedConnections> {
    const ended: EndedConnections = { http1: 0, http2: 0, webSocket: 0 }
    const hasEnded = endedNow(this.#status)
    let seen = 0
    for (const connection of this.open) {
      if (++seen % reviewBatch === 0) await new Promise(setImmediate)
      if (connection.socket.destroyed) continue
      endRequests(connection, hasEnded, ended)
      endCallers(connection, (caller) => this.#isRefused(caller), ended)
      if (connection.socket.destroyed || !connection.hasCertificate) continue
      if (!this.#isRefused(connection)) continue
      ended[connection.kind]++
      connection.endNow()
    }
    return ended
  }

  #isRefused(caller: Caller): boolean {
    const refusal = checkDevice(caller, this.#status, Date.now())
    return refusal !== undefined && refusal !== certificateRequired
  }

  /**
   * Ends what took its time: handshakes, connections without a request, answers that the client does not
   * take. Called every second or so.
   *
   * @param onLate told of requests whose content took too long; of HTTP/2 alone, node sees to the others
   */
  sweep(limits: Limits, onLate: (request: ServedRequest) => void): void {
    const now = performance.now()
    const idleMs = limits.idleSeconds * 1000
    for (const handshake of this.pending) {
      if (now - handshake.startedAt > limits.handshakeSeconds * 1000) handshake.expire()
      else handshake.checkSize()
    }
    for (const connection of this.open) {
      if (connection.requests.size > 0) {
        if (isStalled(connection, now, idleMs)) connection.endNow()
        else if (connection.kind === 'http2') this.#findLate(connection, now, limits, onLate)
      } else if (!connection.isEnding && now - connection.lastActiveAt > idleMs)
        connection.endSoon()
    }
  }

  // Once the service has begun to answer, both may go on for as long as they like: so does gRPC.
  #findLate(
    { requests }: Connection,
    now: number,
    { requestSeconds }: Limits,
    onLate: (request: ServedRequest) => void,
  ): void {
    if (requestSeconds === 0) return
    for (const request of requests) {
      if (now - request.startedAt < requestSeconds * 1000) return
      const { exchange } = request
      if (exchange.outcome.status === 0 && !exchange.isRequestComplete) onLate(request)
    }
  }

  /** Makes room: of the oldest connections without a request, the one that had none for longest ends. */
  endIdle(): boolean {
    let victim: Connection | undefined
    let seen = 0
    for (const connection of this.open) {
      if (++seen > maxSearched) break
      if (connection.requests.size > 0 || connection.socket.destroyed) continue
      if (victim === undefined || connection.lastActiveAt < victim.lastActiveAt) victim = connection
    }
    if (victim === undefined) return false
    this.open.delete(victim)
    victim.endNow()
    return true
  }
}

/** Whether some answer is complete on our side, and the client leaves it lying. */
function isStalled(connection: Connection, now: number, idleMs: number): boolean {
  for (const { exchange, refusal } of connection.requests) {
    const { answeredAt } = exchange
    const maximum = refusal === undefined ? idleMs : Math.min(refusalMs, idleMs)
    if (answeredAt > 0 && now - answeredAt > maximum) return true
  }
  return false
}

type AboutCaller = (caller: Caller, key: string) => boolean

/** By kind of change: whether a caller is concerned. */
/** What the main thread does, or the counters of a worker. */
function isDoneElsewhere({ kind }: KnownChange): boolean {
  return kind === 'lift' || kind === 'gateway'
}

const concerned: Readonly<Partial<Record<KnownChange['kind'], AboutCaller>>> = {
  device: (caller, key) => caller.currentLeaf()?.device?.deviceId === key,
  certificate: (caller, key) => caller.currentLeaf()?.thumbprint === key,
  issuer: (caller, key) => caller.currentLeaf()?.device?.issuerSpki === key,
}

function isAbout(caller: Caller, change: KnownChange): boolean {
  return caller.hasCertificate && concerned[change.kind]?.(caller, change.key) === true
}

function isSuccession(change: KnownChange): boolean {
  return change.kind === 'certificate' && change.status === 'superseded'
}
