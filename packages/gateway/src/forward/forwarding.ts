import { isProblem, type Problem } from '@sallyport/problem'
import type { Exchange, ExchangeListener } from '../exchange/exchange.ts'
import type { Carried, Carrier } from './carrier.ts'
import type { Timed } from './deadlines.ts'
import { type Expiry, expiryFailure } from './expiry.ts'
import { type ForwardHeaders, requestTrailers } from './request-headers.ts'
import { countsAgainstTarget, isRetryable } from './retry.ts'
import type { Target } from './target.ts'
import type { UpstreamContext } from './upstream-context.ts'
import { type UpstreamFailure, upstreamFailure } from './upstream-failure.ts'
import { note, refuseFailure, refuseProblem } from './upstream-refusal.ts'
import { isAccepted, type WebSocketRequest, withoutAccept } from './web-socket.ts'

type Phase = 'waiting' | 'asking' | 'answering' | 'tunnel' | 'over'

/**
 * One request on its way to a service and its answer on its way back: choose a target → carry → relay, and, where
 * that failed before the service could see anything of it, once more.
 */
export class Forwarding implements Carried, ExchangeListener, Timed {
  readonly exchange: Exchange
  readonly headers: ForwardHeaders
  readonly upgrade: WebSocketRequest | undefined
  needsFresh = false
  deadline = Number.POSITIVE_INFINITY
  slot = -1

  readonly #context: UpstreamContext
  #phase: Phase = 'waiting'
  #target: Target | undefined
  #tried: readonly Target[] = none
  #carrier: Carrier | undefined
  #attempts = 0
  #isBodyStarted = false
  #isRequestComplete = false
  #isBodyPaused = false
  #isAnswerPaused = false
  #totalDeadline = Number.POSITIVE_INFINITY

  constructor(
    context: UpstreamContext,
    exchange: Exchange,
    headers: ForwardHeaders,
    upgrade: WebSocketRequest | undefined,
  ) {
    this.#context = context
    this.exchange = exchange
    this.headers = headers
    this.upgrade = upgrade
    // What a client sends behind a request to change its protocol is not content of it.
    this.#isRequestComplete = exchange.contentLength === 0 || upgrade !== undefined
  }

  start(): void {
    const { settings, clock, deadlines, name } = this.#context
    const now = clock()
    this.exchange.outcome.upstream = name
    this.#totalDeadline = now + settings.totalMs
    this.exchange.attach(this)
    if (this.#phase === 'over') return
    deadlines.add(this)
    this.#attempt(now, false)
  }

  #attempt(now: number, mayRepeat: boolean): void {
    const target = this.#context.balance.choose(now, this.#tried, mayRepeat)
    if (target === undefined) {
      const detail = `The health checks of every target of ${this.#context.name} fail.`
      this.#refuse(upstreamFailure('unavailable', 'never-sent', detail))
      return
    }
    this.#phase = 'waiting'
    this.#attempts++
    this.#target = target
    target.outstanding++
    // The connection's own deadline comes first, so that it fails with its own reason.
    const { settings, deadlines } = this.#context
    this.#setDeadline(now, settings.connectMs + 2 * deadlines.granularityMs)
    try {
      target.transport.carry(this)
    } catch (error) {
      if (!isProblem(error)) throw error
      this.#refuseOwn(error)
    }
  }

  carried(carrier: Carrier): void {
    this.#carrier = carrier
    this.#phase = 'asking'
    const { settings, deadlines } = this.#context
    const waitMs = this.#isRequestComplete ? settings.headersMs : settings.idleMs
    this.#setDeadline(deadlines.now, waitMs)
    if (this.#isRequestComplete || this.#isBodyStarted) return
    this.#isBodyStarted = true
    this.exchange.startBody()
  }

  requestData(chunk: Buffer): void {
    if (this.#phase === 'over') return
    this.#touch()
    if (this.#carrier?.sendContent(chunk) !== false || this.#isBodyPaused) return
    this.#isBodyPaused = true
    this.exchange.pauseBody()
  }

  requestDrained(): void {
    this.#touch()
    if (!this.#isBodyPaused) return
    this.#isBodyPaused = false
    this.exchange.resumeBody()
  }

  requestEnd(trailers: readonly string[]): void {
    this.#isRequestComplete = true
    if (this.#phase === 'over') return
    const { settings, deadlines } = this.#context
    if (this.#phase === 'asking') this.#setDeadline(deadlines.now, settings.headersMs)
    this.#carrier?.endContent(requestTrailers(trailers, this.headers))
  }

  informational(status: number, fields: string[]): void {
    this.#touch()
    this.exchange.inform(status, fields)
  }

  whole(status: number, fields: string[], content: string): void {
    this.#answered(status)
    this.exchange.respondWhole(status, fields, content)
    this.#over()
  }

  head(status: number, fields: string[], mayHaveTrailers: boolean): void {
    this.#answered(status)
    this.#phase = 'answering'
    this.#touch()
    this.exchange.respond(status, fields, mayHaveTrailers)
  }

  content(chunk: Buffer): void {
    if (this.#phase === 'over') return
    this.#touch()
    if (this.exchange.write(chunk) || this.#isAnswerPaused) return
    this.#isAnswerPaused = true
    this.#carrier?.pause()
  }

  responseDrained(): void {
    if (!this.#isAnswerPaused || this.#phase === 'over') return
    this.#touch()
    this.#isAnswerPaused = false
    this.#carrier?.resume()
  }

  end(trailers: readonly string[]): void {
    this.exchange.end(trailers)
    this.#over()
  }

  switched(fields: string[]): void {
    const { upgrade } = this
    if (upgrade === undefined || !isAccepted(upgrade, fields)) {
      const detail = `${this.#context.name} did not accept the WebSocket that it was asked for.`
      this.#carrier?.abandon()
      this.failed(upstreamFailure('upgradeFailed', 'possibly-seen', detail))
      return
    }
    this.#answered(101)
    this.#phase = 'tunnel'
    this.#touch()
    this.#isRequestComplete = false
    this.#isBodyStarted = true
    this.exchange.switchProtocols(upgrade.key === undefined ? fields : withoutAccept(fields))
    this.exchange.startBody()
  }

  #answered(status: number): void {
    this.exchange.outcome.upstreamStatus = status
    const target = this.#target
    if (target === undefined) return
    this.exchange.outcome.target = target.endpoint.url
    target.answered()
  }

  failed(failure: UpstreamFailure): void {
    if (this.#phase === 'over') return
    const { clock } = this.#context
    const now = clock()
    const target = this.#leaveTarget()
    if (target !== undefined && countsAgainstTarget(failure)) target.failed(now, failure.detail)
    if (this.#phase !== 'waiting' && this.#phase !== 'asking') {
      this.#cutOff(failure)
      return
    }
    if (this.#mayRetry(failure, target)) {
      this.#context.counters.retries++
      this.needsFresh = failure.reach === 'unseen'
      this.#tried = this.needsFresh || target === undefined ? this.#tried : [...this.#tried, target]
      this.#attempt(now, this.needsFresh)
      return
    }
    this.#refuse(failure)
  }

  #mayRetry(failure: UpstreamFailure, target: Target | undefined): boolean {
    const { settings, balance } = this.#context
    if (this.#isBodyStarted || this.#attempts > settings.retries) return false
    if (!isRetryable(failure, this.exchange.method)) return false
    // Where no connection was made, only another target promises more.
    return failure.reach === 'unseen' || balance.hasOther(target, this.#tried)
  }

  /** Nobody waits for the answer any more. */
  exchangeClosed(): void {
    if (this.#phase === 'over') return
    const carrier = this.#carrier
    const target = this.#target
    this.#over()
    if (carrier === undefined) target?.transport.withdraw(this)
    else carrier.abandon()
  }

  expired(now: number): void {
    const carrier = this.#carrier
    const target = this.#target
    const { name, settings } = this.#context
    const failure = expiryFailure(this.#expiry(now), name, settings)
    if (carrier === undefined) target?.transport.withdraw(this)
    else carrier.abandon()
    this.#attempts = Number.POSITIVE_INFINITY
    this.failed(failure)
  }

  /** What there was too long a wait for. */
  #expiry(now: number): Expiry {
    if (now >= this.#totalDeadline) return 'exchange'
    if (this.#phase === 'waiting') return 'connection'
    if (this.#phase !== 'asking') return this.#isAnswerPaused ? 'answerTaken' : 'answerRest'
    return this.#isRequestComplete || this.#isBodyPaused ? 'answerHead' : 'requestRest'
  }

  #touch(): void {
    const { settings, deadlines } = this.#context
    if (this.#phase === 'asking' && this.#isRequestComplete) return
    const idleMs = this.#phase === 'tunnel' ? settings.tunnelIdleMs : settings.idleMs
    this.#setDeadline(deadlines.now, idleMs)
  }

  #setDeadline(now: number, milliseconds: number): void {
    // `now` is as of the last tick: a deadline may come late by that much, never early.
    const { granularityMs } = this.#context.deadlines
    this.deadline = Math.min(now + milliseconds + granularityMs, this.#totalDeadline)
  }

  // The answer cannot be completed any more, and must not look as if it were.
  #cutOff(failure: UpstreamFailure): void {
    const { counters, onFailure } = this.#context
    const wasTunnel = this.#phase === 'tunnel'
    this.#over()
    if (!wasTunnel) {
      note(this.exchange, failure)
      counters.failures++
      onFailure?.(failure, this.exchange)
    }
    this.exchange.abort()
  }

  #refuse(failure: UpstreamFailure): void {
    const { counters, onFailure } = this.#context
    this.#over()
    note(this.exchange, failure)
    counters.failures++
    onFailure?.(failure, this.exchange)
    refuseFailure(this.exchange, failure)
  }

  // The request itself cannot be sent: not the service's fault.
  #refuseOwn(problem: Problem): void {
    this.#over()
    refuseProblem(this.exchange, problem)
  }

  #over(): void {
    this.#leaveTarget()
    this.#phase = 'over'
    this.#context.deadlines.remove(this)
    if (!this.#isBodyPaused) return
    this.#isBodyPaused = false
    this.exchange.resumeBody()
  }

  #leaveTarget(): Target | undefined {
    const target = this.#target
    this.#target = undefined
    this.#carrier = undefined
    if (target !== undefined) {
      target.outstanding--
      this.exchange.outcome.target = target.endpoint.url
    }
    return target
  }
}

const none: readonly Target[] = []
