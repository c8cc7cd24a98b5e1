import type { Carried, Transport } from '../carrier.ts'
import type { Deadlines } from '../deadlines.ts'
import type { Endpoint } from '../endpoint.ts'
import { http2RequestHead } from '../request-headers.ts'
import type { UpstreamSettings } from '../upstream-config.ts'
import { type UpstreamFailure, upstreamFailure } from '../upstream-failure.ts'
import { Http2Session, type SessionOwner } from './session.ts'

/** The HTTP/2 connections to one target: as many as their streams do not suffice. */
export class Http2Pool implements Transport, SessionOwner {
  readonly #endpoint: Endpoint
  readonly #settings: UpstreamSettings
  readonly #deadlines: Deadlines
  readonly #clock: () => number
  readonly #sessions = new Set<Http2Session>()
  // In the order of their coming, each with its head.
  readonly #waiting = new Map<Carried, string[]>()
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
    return this.#sessions.size
  }

  get idle(): number {
    let idle = 0
    for (const session of this.#sessions) if (session.isIdle) idle++
    return idle
  }

  get waiting(): number {
    return this.#waiting.size
  }

  carry(request: Carried): void {
    const { authority, tls, url } = this.#endpoint
    if (request.upgrade !== undefined) {
      const detail = `${url} is spoken to in HTTP/2, which has no Upgrade.`
      request.failed(upstreamFailure('upgradeFailed', 'never-sent', detail))
      return
    }
    const head = http2RequestHead(request.exchange, request.headers, {
      fallbackAuthority: authority,
      scheme: tls === undefined ? 'http' : 'https',
    })
    const session = this.#sessionWithRoom()
    if (session !== undefined) {
      session.carry(request, head)
      return
    }
    if (
      !this.#mayConnect() &&
      !this.#isConnecting() &&
      this.#waiting.size >= this.#settings.maxWaiting
    ) {
      const detail = `Every stream to ${url} is in use, and ${this.#waiting.size} requests wait.`
      request.failed(upstreamFailure('busy', 'never-sent', detail))
      return
    }
    this.#waiting.set(request, head)
    this.#openForWaiting()
  }

  withdraw(request: Carried): void {
    this.#waiting.delete(request)
  }

  #sessionWithRoom(): Http2Session | undefined {
    let best: Http2Session | undefined
    for (const session of this.#sessions) {
      if (!session.hasRoom) continue
      if (best === undefined || session.streams < best.streams) best = session
    }
    return best
  }

  #isConnecting(): boolean {
    for (const session of this.#sessions) if (session.state === 'connecting') return true
    return false
  }

  #mayConnect(): boolean {
    return this.#sessions.size < this.#settings.maxConnections
  }

  // One at a time: one connection carries many requests.
  #openForWaiting(): void {
    if (this.#waiting.size === 0 || this.#isConnecting() || !this.#mayConnect()) return
    const session = new Http2Session(this.#endpoint, this)
    this.#sessions.add(session)
    session.deadline = this.#clock() + this.#settings.connectMs
    this.#deadlines.add(session)
  }

  ready(session: Http2Session): void {
    session.deadline = Number.POSITIVE_INFINITY
    this.released(session)
    this.#openForWaiting()
  }

  released(session: Http2Session): void {
    for (const [request, head] of this.#waiting) {
      if (!session.hasRoom) return
      this.#waiting.delete(request)
      session.carry(request, head)
    }
    if (session.streams > 0) return
    if (this.#isClosed) session.close()
    else {
      session.deadline = this.#clock() + this.#settings.poolIdleMs
      this.#deadlines.add(session)
    }
  }

  // All that wait for the one connection being opened fail with it.
  connectFailed(session: Http2Session, failure: UpstreamFailure): void {
    this.#forget(session)
    const requests = [...this.#waiting.keys()]
    this.#waiting.clear()
    for (const request of requests) request.failed(failure)
  }

  connectExpired(session: Http2Session): void {
    const { url } = this.#endpoint
    const detail = `Connecting to ${url} took longer than ${this.#settings.connectMs} ms.`
    session.close()
    this.connectFailed(session, upstreamFailure('connectTimeout', 'never-sent', detail))
  }

  gone(session: Http2Session): void {
    this.#forget(session)
    this.#openForWaiting()
  }

  #forget(session: Http2Session): void {
    this.#deadlines.remove(session)
    this.#sessions.delete(session)
  }

  close(): void {
    this.#isClosed = true
    // A list of its own: the end of one may begin another, for requests that wait.
    const all = Array.from(this.#sessions)
    for (const session of all) if (session.isIdle) session.close()
  }
}
