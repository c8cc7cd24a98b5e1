import type { Carried, Transport } from '../carrier.ts'
import type { Deadlines } from '../deadlines.ts'
import type { Endpoint } from '../endpoint.ts'
import type { UpstreamSettings } from '../upstream-config.ts'
import { http1RequestHead } from '../request-headers.ts'
import { type UpstreamFailure, upstreamFailure } from '../upstream-failure.ts'
import { type ConnectionOwner, Http1Connection } from './connection.ts'

// A service may close an idle connection a moment before it said: stay clear of that moment.
const keepAliveMarginMs = 1_000

/**
 * The HTTP/1 connections to one target: bounded in number, the freshest used first. Requests that find none
 * wait in a bounded queue, and take what comes first, a new connection or a released one.
 */
export class Http1Pool implements Transport, ConnectionOwner {
  readonly #endpoint: Endpoint
  readonly #settings: UpstreamSettings
  readonly #deadlines: Deadlines
  readonly #clock: () => number
  readonly #idle: Http1Connection[] = []
  readonly #all = new Set<Http1Connection>()
  // In the order of their coming, each with its head.
  readonly #waiting = new Map<Carried, string>()
  #connecting = 0
  #isClosed = false

  constructor(
    endpoint: Endpoint,
    settings: UpstreamSettings,
    deadlines: Deadlines,
    clock: () => number,
  ) {
    this.#endpoint = endpoint
    this.#settings = settings
    this.#deadlines = deadlines
    this.#clock = clock
  }

  get connections(): number {
    return this.#all.size
  }

  get idle(): number {
    return this.#idle.length
  }

  get waiting(): number {
    return this.#waiting.size
  }

  carry(request: Carried): void {
    // Before a connection is taken: a request that cannot be sent throws here, and costs nothing.
    const head = http1RequestHead(request.exchange, request.headers, {
      fallbackAuthority: this.#endpoint.authority,
      upgrade: request.upgrade,
    })
    const connection = request.needsFresh ? undefined : this.#idle.pop()
    if (connection !== undefined) {
      connection.carry(request, head)
      return
    }
    if (!this.#hasRoom(request)) {
      const { url } = this.#endpoint
      const detail = `All ${this.#settings.maxConnections} connections to ${url} are in use, and ${this.#waiting.size} requests wait.`
      request.failed(upstreamFailure('busy', 'never-sent', detail))
      return
    }
    this.#waiting.set(request, head)
    this.#openForWaiting()
  }

  // Requests that wait for a connection being opened are not in the queue for a busy one.
  #hasRoom(request: Carried): boolean {
    if (this.#all.size < this.#settings.maxConnections) return true
    if (request.needsFresh && this.#idle.length > 0) return true
    return this.#waiting.size - this.#connecting < this.#settings.maxWaiting
  }

  withdraw(request: Carried): void {
    this.#waiting.delete(request)
  }

  #openForWaiting(): void {
    if (this.#connecting >= this.#waiting.size) return
    if (this.#all.size >= this.#settings.maxConnections) {
      // A request that insists on a new connection takes the place of the oldest idle one, whose
      // end comes back here.
      this.#idle[0]?.close()
      return
    }
    const connection = new Http1Connection(this.#endpoint, this)
    this.#connecting++
    this.#all.add(connection)
    connection.deadline = this.#clock() + this.#settings.connectMs
    this.#deadlines.add(connection)
  }

  connected(connection: Http1Connection): void {
    this.#connecting--
    this.#deadlines.remove(connection)
    this.#serve(connection)
  }

  released(connection: Http1Connection): void {
    if (this.#isClosed) connection.close()
    else this.#serve(connection)
  }

  #serve(connection: Http1Connection): void {
    for (const [request, head] of this.#waiting) {
      if (request.needsFresh && connection.hasCarried) continue
      this.#waiting.delete(request)
      connection.carry(request, head)
      return
    }
    const { keepAliveSeconds } = connection
    const { poolIdleMs } = this.#settings
    const keptMs =
      keepAliveSeconds === undefined
        ? poolIdleMs
        : Math.min(poolIdleMs, keepAliveSeconds * 1_000 - keepAliveMarginMs)
    if (keptMs <= 0 || this.#isClosed) {
      connection.close()
      return
    }
    connection.deadline = this.#deadlines.now + keptMs
    this.#deadlines.add(connection)
    this.#idle.push(connection)
    // Whoever still waits insists on a new connection: this one may have to make room for it.
    if (this.#waiting.size > 0) this.#openForWaiting()
  }

  connectFailed(connection: Http1Connection, failure: UpstreamFailure): void {
    this.#connecting--
    this.#forget(connection)
    // One attempt fails one request: the others may still be served by a connection in use.
    for (const request of this.#waiting.keys()) {
      this.#waiting.delete(request)
      request.failed(failure)
      break
    }
    this.#openForWaiting()
  }

  connectExpired(connection: Http1Connection): void {
    const { url } = this.#endpoint
    const detail = `Connecting to ${url} took longer than ${this.#settings.connectMs} ms.`
    connection.close()
    this.connectFailed(connection, upstreamFailure('connectTimeout', 'never-sent', detail))
  }

  gone(connection: Http1Connection): void {
    this.#forget(connection)
    this.#openForWaiting()
  }

  #forget(connection: Http1Connection): void {
    this.#deadlines.remove(connection)
    this.#all.delete(connection)
    const index = this.#idle.indexOf(connection)
    if (index !== -1) this.#idle.splice(index, 1)
  }

  close(): void {
    this.#isClosed = true
    for (const connection of this.#idle.splice(0)) connection.close()
  }
}
