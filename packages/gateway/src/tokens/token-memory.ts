import type { Refusal } from '../pipeline/stage.ts'
import type { KnownToken } from './known-token.ts'

const maxTokens = 8_192
/** One that fails again within so long is refused for what it was refused for before. */
const failureMs = 5_000
const maxFailures = 1_024

type Failure = { readonly refusal: Refusal; readonly until: number }

/**
 * Tokens that were verified, by their hash: last used, last forgotten. Those that failed have a small table of
 * their own, so that a flood of them costs bounded work, and pushes out nobody who was verified.
 */
export class TokenMemory {
  readonly #known = new Map<string, KnownToken>()
  readonly #failed = new Map<string, Failure>()

  get size(): number {
    return this.#known.size
  }

  find(hash: string): KnownToken | undefined {
    const known = this.#known.get(hash)
    if (known === undefined) return undefined
    this.#known.delete(hash)
    this.#known.set(hash, known)
    return known
  }

  keep(known: KnownToken): void {
    this.#known.delete(known.hash)
    makeRoom(this.#known, maxTokens)
    this.#known.set(known.hash, known)
  }

  forget(hash: string): void {
    this.#known.delete(hash)
  }

  /** @param question the hash, and whose tokens count */
  failure(question: string, now: number): Refusal | undefined {
    const failed = this.#failed.get(question)
    if (failed === undefined) return undefined
    // A clock that was set back is no reason to refuse for longer.
    if (now < failed.until && now > failed.until - 2 * failureMs) return failed.refusal
    this.#failed.delete(question)
    return undefined
  }

  keepFailure(question: string, refusal: Refusal, now: number): void {
    this.#failed.delete(question)
    makeRoom(this.#failed, maxFailures)
    this.#failed.set(question, { refusal, until: now + failureMs })
  }
}

function makeRoom(map: Map<string, unknown>, maximum: number): void {
  if (map.size < maximum) return
  const [oldest] = map.keys()
  if (oldest !== undefined) map.delete(oldest)
}
