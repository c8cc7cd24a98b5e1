import { hash } from 'node:crypto'
import { isProblem, type Problem, reasonOf } from '@sallyport/problem'
import type { TokenVerifier, TokenVerifierOptions, VerifyOptions } from '@sallyport/token/verify'
import type { IdentityProviders } from '../configuration/identity-providers.ts'
import type { Refusal } from '../pipeline/stage.ts'
import type { TokenCounts } from './token-counts.ts'
import { KnownToken } from './known-token.ts'
import { TokenMemory } from './token-memory.ts'

/** Which tokens count on a route. The same object for all its requests. */
export type TokenQuestion = VerifyOptions & {
  /** Tells questions apart that can have different answers. */
  readonly id: string
}

/** Verifications of a worker under way at once: beyond it is a flood. */
const maxPending = 512

/**
 * The access tokens that a worker knows. Each is verified once, and then remembered by its hash until it
 * expires, its provider withdraws a key, or the configuration of the providers changes: then there is another
 * object of this.
 *
 * Keys of providers are loaded, and opaque tokens asked about, by each worker for itself and when first
 * needed: a connection keeps to its worker, and so does its token. Loading them once for all workers would
 * put the main thread into the way of requests, which it is in no other way. What verifies is loaded with the first
 * token: ten megabytes that a gateway without tokens does not need.
 */
export class Tokens {
  readonly counts: TokenCounts
  readonly #options: TokenVerifierOptions
  #verifier: TokenVerifier | undefined
  readonly #memory = new TokenMemory()
  readonly #pending = new Map<string, Promise<KnownToken | Refusal>>()
  readonly #now: () => number
  readonly #names: readonly string[]

  constructor(
    providers: IdentityProviders,
    options: Pick<TokenVerifierOptions, 'now' | 'onUnavailable'> & {
      /** Where those before left off: a counter never falls. */
      readonly counts?: TokenCounts | undefined
    },
  ) {
    this.counts = options.counts ?? { found: 0, verified: 0, failed: 0 }
    this.#now = options.now
    this.#names = Object.keys(providers)
    this.#options = { providers, ...options }
  }

  /** Verified tokens that are remembered. */
  get remembered(): number {
    return this.#memory.size
  }

  /** A token that was verified before, and would be again. */
  find(tokenHash: string, now: number): KnownToken | undefined {
    const known = this.#memory.find(tokenHash)
    return known !== undefined && this.isGood(known, now) ? known : undefined
  }

  /** Whether what is known of a token still stands. Its status and its binding are not asked. */
  isGood({ token, keysVersion }: KnownToken, now: number): boolean {
    return now < token.goodUntil && this.#verifier?.keysVersion(token.provider) === keysVersion
  }

  /** Verifies a token that is not known. One verification at a time, however many requests bring it. */
  verify(
    text: string,
    tokenHash: string,
    question: TokenQuestion,
  ): Refusal | Promise<KnownToken | Refusal> {
    const asked = `${question.id} ${tokenHash}`
    const failed = this.#memory.failure(asked, this.#now())
    if (failed !== undefined) return failed
    const pending = this.#pending.get(asked)
    if (pending !== undefined) return pending
    if (this.#pending.size >= maxPending) return busy
    const verification = this.#verify(text, tokenHash, question, asked)
    this.#pending.set(asked, verification)
    return verification
  }

  async #verify(
    text: string,
    tokenHash: string,
    question: TokenQuestion,
    asked: string,
  ): Promise<KnownToken | Refusal> {
    try {
      const verifier = this.#verifier ?? (await this.#load())
      // Keys that are withdrawn while the verification goes on make another version: so it is read before.
      const versions = new Map(this.#names.map((name) => [name, verifier.keysVersion(name)]))
      const token = await verifier.verify(text, question)
      const keysVersion = versions.get(token.provider) ?? 0
      const known = new KnownToken(token, text, tokenHash, keysVersion)
      this.#memory.keep(known)
      this.counts.verified++
      return known
    } catch (error) {
      this.#memory.forget(tokenHash)
      this.counts.failed++
      if (!isProblem(error)) throw error
      const refusal = refusalOf(error)
      // Whoever cannot be asked now may be in a moment.
      if (reasonOf(error.code).status === 401) {
        this.#memory.keepFailure(asked, refusal, this.#now())
      }
      return refusal
    } finally {
      this.#pending.delete(asked)
    }
  }

  async #load(): Promise<TokenVerifier> {
    const { createTokenVerifier } = await import('@sallyport/token/verify')
    // Another token may have come first: both are to have the same keys.
    this.#verifier ??= createTokenVerifier(this.#options)
    return this.#verifier
  }
}

export function hashOf(token: string): string {
  return hash('sha256', token, 'base64url')
}

const busy: Refusal = {
  code: 'token_verifier_busy',
  check: 'verification',
  expected: `at most ${maxPending} verifications of a worker at once`,
  found: 'as many already',
  retryAfterSeconds: 1,
}

function refusalOf({ code, expected, found, detail }: Problem): Refusal {
  return {
    code,
    check: 'token',
    ...(expected === undefined ? {} : { expected }),
    ...(found === undefined && detail === undefined ? {} : { found: found ?? detail ?? '' }),
  }
}
