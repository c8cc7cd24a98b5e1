import { countHeader, lookUpHeader } from '../exchange/header-lookup.ts'
import type { Outcome } from '../exchange/exchange.ts'
import { type HeldContent, unseenContent } from '../exchange/held-content.ts'
import type { RequestHead } from '../exchange/request-head.ts'
import type { ForwardedChain } from '../forwarded/forwarded-chain.ts'

/** What a proxy says of a request that it holds, in whatever form it said so. */
export type AskedRequest = {
  readonly httpVersion: RequestHead['httpVersion']
  readonly method: string
  /** Path and query as the client sent them. */
  readonly target: string
  /** Host or `:authority` as the client sent it. */
  readonly authority: string | undefined
  /** Flat, the fields of the client alone: nothing that the proxy or the call added. */
  readonly rawHeaders: readonly string[]
  readonly contentLength: number | undefined
  /** Of the client. */
  readonly address: string
  /** What the proxy says of the certificate that the client showed it. */
  readonly shown: ForwardedChain
}

/** The head of a request that a proxy holds, for the stages. */
export class DecisionHead implements RequestHead {
  readonly httpVersion: RequestHead['httpVersion']
  readonly method: string
  readonly target: string
  readonly authority: string | undefined
  readonly rawHeaders: readonly string[]
  readonly requestId: string
  readonly contentLength: number | undefined
  /** Flat: what the stages want on the answer to the client. */
  readonly answerFields: string[] = []
  readonly #listeners: ((outcome: Outcome) => void)[] = []
  #outcome: Outcome | undefined

  constructor(asked: AskedRequest, requestId: string) {
    this.httpVersion = asked.httpVersion
    this.method = asked.method
    this.target = asked.target
    this.authority = asked.authority
    this.rawHeaders = asked.rawHeaders
    this.contentLength = asked.contentLength
    this.requestId = requestId
  }

  /** Proxies ask before they have read any of it. */
  readonly heldContent = unseenContent

  readContent(): Promise<HeldContent> {
    return Promise.resolve(unseenContent)
  }

  header(name: string): string | undefined {
    return lookUpHeader(this.rawHeaders, name)
  }

  headerCount(name: string): number {
    return countHeader(this.rawHeaders, name)
  }

  addAnswerField(name: string, value: string): void {
    this.answerFields.push(name, value)
  }

  onDone(listener: (outcome: Outcome) => void): void {
    if (this.#outcome === undefined) this.#listeners.push(listener)
    else listener(this.#outcome)
  }

  /** The decision is made: what becomes of the request afterwards is never heard here. */
  done(outcome: Outcome): void {
    if (this.#outcome !== undefined) return
    this.#outcome = outcome
    for (const listener of this.#listeners) listener(outcome)
  }
}
