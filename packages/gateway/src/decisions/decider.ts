import type { ReasonCode } from '@sallyport/problem'
import { GatewayRequest } from '../pipeline/gateway-request.ts'
import { identityFields } from '../pipeline/identity-fields.ts'
import { refusalAnswer } from '../pipeline/refusal-answer.ts'
import { type PipelineEnds, runPipeline } from '../pipeline/run-pipeline.ts'
import type { Refusal } from '../pipeline/stage.ts'
import { traceParents } from '../pipeline/trace-parent.ts'
import { findRoute } from '../routing/find-route.ts'
import type { Host } from '../worker/host.ts'
import type { RequestBooks } from '../worker/request-books.ts'
import { DecisionCaller } from './decision-caller.ts'
import { type AskedRequest, DecisionHead } from './decision-head.ts'
import type { DecisionCallerPlan } from './decisions-plan.ts'

/** A question: may this request be forwarded, by the rules of this host? */
export type Question = {
  readonly caller: DecisionCallerPlan
  /** From the configuration of the proxy, never from the request. */
  readonly host: string
  readonly request: AskedRequest
}

export type DecisionAnswer = {
  readonly isAllowed: boolean
  /** 200, or the status that the client is to see. */
  readonly status: number
  /** Flat: to be set on the request that goes to the service, in place of whatever it carries. */
  readonly toService: readonly string[]
  /** Fields of the client, lower case, that are not for the service. */
  readonly isWithheld: (name: string) => boolean
  /** The upstream of the route, where the request is to go. */
  readonly upstream: string | undefined
  /** Flat: to be put on the answer that the client gets. */
  readonly toClient: readonly string[]
  /** The problem; empty where the request is let through. */
  readonly body: Buffer
  /** The client's connection has no future: it is to be closed behind the answer. */
  readonly endsConnection: boolean
}

export type DeciderOptions = {
  readonly hostOf: (name: string) => Host | undefined
  readonly answerMs: () => number
  readonly nextRequestId: () => string
  readonly books: RequestBooks
}

/** Decides on requests that others forward: the stages of the gateway, over a head that was told. */
export class Decider {
  readonly #options: DeciderOptions
  readonly #traceParents = traceParents()

  constructor(options: DeciderOptions) {
    this.#options = options
  }

  /** @param tell told the answer once, at once where no stage must wait */
  decide(question: Question, tell: (answer: DecisionAnswer) => void): void {
    const host = this.#options.hostOf(question.host)
    if (host === undefined) {
      tell(this.refuseCall('no such host'))
      return
    }
    const { caller: proxy, request: asked } = question
    const { shown } = asked
    const der = shown.state === 'read' ? shown.chain[0] : undefined
    const caller = new DecisionCaller(proxy.name, asked.address, host, der)
    const head = new DecisionHead(asked, this.#options.nextRequestId())
    const found = findRoute(host, head)
    const request = new GatewayRequest(head, caller, host, found)
    let stopWaiting = (): void => {}
    let isTold = false
    const end = (answer: DecisionAnswer): void => {
      isTold = true
      stopWaiting()
      this.#keep(request, head, answer.status)
      tell(answer)
    }
    const ends: PipelineEnds<GatewayRequest> = {
      forward: () => {
        if (!isTold) end(this.#allow(request, head))
      },
      refuse: (_, refusal) => {
        if (!isTold) end(this.#refuse(request, head, refusal))
      },
    }
    if (shown.state === 'refused') {
      request.refusedBy = 'device'
      end(this.#refuse(request, head, { code: shown.code, found: shown.found }))
      return
    }
    runPipeline(request, (found.route ?? host).steps, ends)
    if (isTold) return
    const answerMs = this.#options.answerMs()
    const timer = setTimeout(() => end(this.#refuse(request, head, overrun(answerMs))), answerMs)
    stopWaiting = () => clearTimeout(timer)
  }

  /** The answer to a call that makes no sense: not the client's fault, and never let through. */
  refuseCall(found: string): DecisionAnswer {
    const requestId = this.#options.nextRequestId()
    const code: ReasonCode = 'decision_call_refused'
    return refusedAnswer(
      refusalAnswer({ code, found }, { requestId, realm: 'sallyport', now: Date.now() }),
      [],
      false,
    )
  }

  #allow(request: GatewayRequest, head: DecisionHead): DecisionAnswer {
    const { route } = request
    if (route === undefined) return this.#refuse(request, head, { code: 'route_not_found' })
    const asksFor = head.header('upgrade')
    if (asksFor !== undefined && !mayUpgrade(asksFor, route.plan.webSocket)) {
      request.refusedBy = 'forward'
      return this.#refuse(request, head, unsupportedUpgrade(asksFor))
    }
    this.#options.books.noteUse(request)
    const { set, block, strip } = identityFields(request, this.#traceParents)
    return {
      isAllowed: true,
      status: 200,
      toService: serviceFields([...set, ...block.fields]),
      isWithheld: strip,
      upstream: route.plan.upstream,
      toClient: head.answerFields,
      body: noBody,
      endsConnection: false,
    }
  }

  #refuse(request: GatewayRequest, head: DecisionHead, refusal: Refusal): DecisionAnswer {
    request.refusal ??= refusal
    const { requestId } = head
    const realm = request.host.plan.name
    const answer = refusalAnswer(refusal, { requestId, realm, now: request.at })
    return refusedAnswer(answer, head.answerFields, refusal.endsConnection === true)
  }

  #keep(request: GatewayRequest, head: DecisionHead, status: number): void {
    const outcome = { status, bytesSent: 0, aborted: false }
    head.done(outcome)
    this.#options.books.close(request, outcome, performance.now())
  }
}

const noBody = Buffer.alloc(0)

function refusedAnswer(
  { status, headers, body }: ReturnType<typeof refusalAnswer>,
  more: readonly string[],
  endsConnection: boolean,
): DecisionAnswer {
  return {
    isAllowed: false,
    status,
    toService: [],
    isWithheld: () => true,
    upstream: undefined,
    toClient: [...headers, ...more],
    body,
    endsConnection,
  }
}

function mayUpgrade(asksFor: string, isAllowed: boolean): boolean {
  return asksFor === '' || (isAllowed && asksFor.toLowerCase() === 'websocket')
}

function unsupportedUpgrade(found: string): Refusal {
  return {
    code: 'request_upgrade_unsupported',
    check: 'upgrade',
    expected: 'websocket, on a route that allows it',
    found: found.slice(0, 100),
  }
}

/** Where the client came from is for the proxy to say: it knows its own hop. */
const ofTheProxy: ReadonlySet<string> = new Set([
  'Forwarded',
  'X-Forwarded-For',
  'X-Forwarded-Proto',
])

function serviceFields(set: readonly string[]): string[] {
  const fields: string[] = []
  for (let index = 0; index < set.length; index += 2) {
    const name = set[index] ?? ''
    if (!ofTheProxy.has(name)) fields.push(name, set[index + 1] ?? '')
  }
  return fields
}

function overrun(answerMs: number): Refusal {
  return {
    code: 'stage_unavailable',
    check: 'budget',
    expected: `a decision within ${answerMs / 1000} seconds`,
    found: 'none',
  }
}
