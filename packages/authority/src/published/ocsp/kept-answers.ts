import { hash } from 'node:crypto'

/** An OCSP response that anybody may be given who asks the same. */
export type KeptAnswer = {
  readonly der: Buffer
  readonly etag: string
  /** Milliseconds. */
  readonly producedAt: number
  /** Milliseconds: its nextUpdate. */
  readonly expiresAt: number
}

/** Some 900 bytes each. */
const maxAnswers = 20_000

/**
 * Signed answers without a nonce, by what was asked and what is so. What is so is looked up for every
 * request: a certificate that ended is never answered for from here.
 */
export class KeptAnswers {
  readonly #kept = new Map<string, KeptAnswer>()

  /** While half of its life is left. */
  find(key: string, now: number): KeptAnswer | undefined {
    const kept = this.#kept.get(key)
    if (kept === undefined) return undefined
    const { producedAt, expiresAt } = kept
    return now >= producedAt && now < (producedAt + expiresAt) / 2 ? kept : undefined
  }

  keep(key: string, answer: Omit<KeptAnswer, 'etag'>): KeptAnswer {
    const kept = { ...answer, etag: `"${hash('sha256', answer.der, 'base64url')}"` }
    this.#kept.delete(key)
    this.#kept.set(key, kept)
    if (this.#kept.size > maxAnswers) this.#kept.delete(this.#kept.keys().next().value ?? '')
    return kept
  }
}
