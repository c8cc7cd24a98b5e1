import type { ExchangeListener, Outcome } from './exchange.ts'
import { countHeader, lookUpHeader } from './header-lookup.ts'
import { ContentHold, type ContentReceiver, type HeldContent, noContent } from './held-content.ts'

const none: readonly string[] = []

/** What an exchange is in either version of HTTP: who listens, what is held of the content, and how it ends. */
export abstract class ReceivedExchange {
  abstract readonly rawHeaders: readonly string[]
  abstract readonly contentLength: number | undefined
  abstract readonly expectsContinue: boolean
  readonly outcome: Outcome = { status: 0, bytesSent: 0, aborted: false }
  answeredAt = 0

  protected listener: ExchangeListener | undefined
  /** What was added to the answer, flat. */
  protected answerFields: readonly string[] = none
  #done: ((outcome: Outcome) => void)[] | undefined
  #hold: ContentHold | undefined
  #isFlowing = false
  #isEnded = false

  abstract inform(status: number, headers: readonly string[]): void
  abstract pauseBody(): void
  abstract resumeBody(): void
  /** Hands the content to `receiver` from here on. Called once. */
  protected abstract flow(): void

  header(name: string): string | undefined {
    return lookUpHeader(this.rawHeaders, name)
  }

  headerCount(name: string): number {
    return countHeader(this.rawHeaders, name)
  }

  addAnswerField(name: string, value: string): void {
    this.answerFields = [...this.answerFields, name, value]
  }

  onDone(listener: (outcome: Outcome) => void): void {
    if (this.#isEnded) listener(this.outcome)
    else if (this.#done === undefined) this.#done = [listener]
    else this.#done.push(listener)
  }

  attach(listener: ExchangeListener): void {
    if (this.#isEnded) listener.exchangeClosed()
    else this.listener = listener
  }

  get heldContent(): HeldContent | undefined {
    return this.#hold?.content
  }

  readContent(maxBytes: number): Promise<HeldContent | undefined> {
    if (this.contentLength === 0) return Promise.resolve(noContent)
    this.#hold ??= new ContentHold(this)
    if (this.#isEnded) this.#hold.close()
    // RFC 9110 §10.1.1: who waits for it sends nothing before.
    else if (this.expectsContinue) this.inform(100, none)
    const content = this.#hold.read(maxBytes)
    this.#beginFlow()
    return content
  }

  startBody(): void {
    const hold = this.#hold
    this.#hold = undefined
    if (hold !== undefined && this.listener !== undefined) hold.release(this.listener)
    this.#beginFlow()
  }

  #beginFlow(): void {
    if (this.#isFlowing) return
    this.#isFlowing = true
    this.flow()
  }

  /** Where content goes now: it is held, or forwarded; nowhere where the exchange is over. */
  protected get receiver(): ContentReceiver | undefined {
    return this.#hold ?? this.listener
  }

  /** Tells everybody, once. */
  protected ended(isAborted: boolean): void {
    const { listener } = this
    this.#isEnded = true
    this.listener = undefined
    const listeners = this.#done
    this.#done = undefined
    if (isAborted) this.outcome.aborted = true
    this.#hold?.close()
    // Also behind a complete answer: the end of a tunnel is told in no other way.
    listener?.exchangeClosed()
    if (listeners === undefined) return
    for (const told of listeners) told(this.outcome)
  }
}
