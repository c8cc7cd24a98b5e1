import type { Outcome } from './exchange.ts'
import type { HeldContent } from './held-content.ts'

/** What stages see of a request: its head, and nothing of how it is answered. */
export interface RequestHead {
  readonly httpVersion: '1.0' | '1.1' | '2'
  readonly method: string
  /** Path and query as received. `*` for a server-wide OPTIONS. */
  readonly target: string
  /** `:authority`, the authority of an absolute target, or Host; as received. */
  readonly authority: string | undefined
  /** Flat: name, value, name, value … as received, pseudo-headers removed. */
  readonly rawHeaders: readonly string[]
  readonly requestId: string
  /** Length of the request's content in bytes; undefined where only its end will tell. */
  readonly contentLength: number | undefined

  /** What `readContent` gave last; undefined before. */
  readonly heldContent: HeldContent | undefined

  /**
   * Waits until this much of the content is there, or all of it. It is held meanwhile, and goes to the
   * service as it came: nothing of it is lost by being looked at. A client that waits for 100 (Continue) gets it.
   *
   * @returns undefined where the client is gone: then nothing more is to be done about the request
   */
  readContent(maxBytes: number): Promise<HeldContent | undefined>

  /** By lower-case name: the value, several joined with `, `. */
  header(name: string): string | undefined
  /** How many fields of this lower-case name came. Two Host or Authorization fields are an attack. */
  headerCount(name: string): number
  /** Adds a field to the answer, whoever gives it: the service, or the gateway when it refuses. */
  addAnswerField(name: string, value: string): void
  /** Told once, when the answer is complete or cut off; at once where it is already. */
  onDone(listener: (outcome: Outcome) => void): void
}
