import type { CounterKey } from './counter-key.ts'

/**
 * What every gateway thread counts together, and, where Redis is configured, every gateway. An answer is a
 * promise where another machine must be asked, and only there.
 *
 * Whoever asks more than the counters can hold, or can reach, is thrown a `CountersUnavailable`: a
 * stage that lets it pass through refuses with 503 `stage_unavailable`. Nothing that still counts is
 * forgotten to make room.
 */
export interface Counters {
  /** Makes the key of a counter: of what is counted, and for whom. Same parts, same key. */
  keyOf(parts: readonly string[], coarseParts?: readonly string[]): CounterKey

  /**
   * Whether this is the first time that the key is seen, until it may come again. Exact over threads; over
   * machines where Redis is configured.
   *
   * @param key 16 bytes or more that stand for the thing, as the first of its SHA-256
   * @param untilMs milliseconds of the wall clock, from when on the thing is refused for its age
   */
  once(key: Uint8Array, untilMs: number): boolean | Promise<boolean>

  /** Takes from every limit, or from none: the first that refuses gives back what was taken before it. */
  take(claims: readonly Claim[]): Taken | Promise<Taken>

  /** Undoes the part of `take` that this claim had: the answer was none that counts, or the request is over. */
  giveBack(claim: Claim, standing: Standing): void

  /**
   * Forgets what was counted under a key, so that it begins anew. What is counted together with others, for
   * want of room, and what is under way stay.
   */
  forget(key: CounterKey, isProven: boolean): void

  /** Whether a key is remembered. */
  remembers(key: CounterKey): boolean | Promise<boolean>

  /** Remembers a proven key, until a time of the wall clock. */
  remember(key: CounterKey, untilMs: number): void
}

/** So many in so long, and at once no more than the burst (GCRA). One every `intervalNs`. */
export type RateLimit = {
  readonly kind: 'rate'
  readonly intervalNs: number
  /** `intervalNs` times the burst. */
  readonly toleranceNs: number
}

/** So many until the window ends, then as many again. */
export type WindowLimit = {
  readonly kind: 'window'
  readonly quota: number
  /** When the window of a moment ends. Both are milliseconds of the wall clock. */
  readonly endOf: (atMs: number) => number
}

/** So many under way at once. */
export type ConcurrencyLimit = { readonly kind: 'concurrency'; readonly maximum: number }

/** After some free tries, each must wait longer than the one before it. */
export type DelayLimit = {
  readonly kind: 'delay'
  readonly freeTries: number
  readonly firstMs: number
  readonly factor: number
  readonly longestMs: number
  /** Without a try for so long, all is forgotten. */
  readonly forgetAfterMs: number
}

export type Limit = RateLimit | WindowLimit | ConcurrencyLimit | DelayLimit

/** What a request asks of one limit. */
export type Claim = {
  readonly limit: Limit
  readonly key: CounterKey
  /** Whether the key was proven (device, user), not just claimed: they are counted in tables of their own. */
  readonly isProven: boolean
  /** In units of the limit. */
  readonly cost: number
}

export type CountedAt = 'key' | 'coarse' | 'limit' | 'redis' | 'nowhere'

/** How a claim stands with its limit. */
export type Standing = {
  readonly isAdmitted: boolean
  /** How much is left. */
  readonly remaining: number
  /** Until all of it is there again. */
  readonly resetMs: number
  /** Until the same claim would be admitted; 0 where it was. */
  readonly retryMs: number
  /** What giving back needs to know: the meaning is that of the kind of limit. */
  readonly mark: number
  readonly before: number
  /** Where it was counted: under its own key, a coarser one, that of the whole limit, or elsewhere. */
  readonly level: CountedAt
}

export type Taken = {
  /** One for each claim, up to the one that refused. */
  readonly standings: readonly Standing[]
  /** The index of the claim that was refused; -1 where all were admitted. */
  readonly refused: number
}

/** The counters cannot say: they are full, out of reach, or broken. */
export class CountersUnavailable extends Error {
  override readonly name = 'CountersUnavailable'
}
