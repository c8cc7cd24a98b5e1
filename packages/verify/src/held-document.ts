import { createLocalJWKSet, type JWK, type JWTVerifyGetKey } from 'jose'
import type { KeyDocument } from './key-document.ts'
import type { HeldFor } from './keys-health.ts'

/** What the authority said last, and for how long it counts. */
export class HeldDocument {
  readonly document: KeyDocument
  readonly from: HeldFor['from']
  /** How long it counts from when it was signed: as its `exp` says, or less. */
  readonly lifeSeconds: number
  readonly #find: ReadonlyMap<string, JWTVerifyGetKey>
  /** By the clock that nobody sets. */
  readonly #endsAtMs: number
  readonly #now: () => number

  constructor(
    document: KeyDocument,
    options: { from: HeldFor['from']; outageSeconds: number; now: () => number },
  ) {
    const { iat, exp, keysOf } = document
    const { from, outageSeconds, now } = options
    this.document = document
    this.from = from
    this.lifeSeconds = Math.min(exp - iat, outageSeconds)
    this.#find = new Map([...keysOf].map(([issuer, keys]) => [issuer, setOf(keys)]))
    this.#endsAtMs = performance.now() + this.#endMs - now()
    this.#now = now
  }

  get #endMs(): number {
    return (this.document.iat + this.lifeSeconds) * 1_000
  }

  get counts(): boolean {
    return this.#usableForMs > 0
  }

  /** A wall clock that is set back makes it count no longer, and one that is set ahead makes it end. */
  get #usableForMs(): number {
    return Math.min(this.#endMs - this.#now(), this.#endsAtMs - performance.now())
  }

  /** Of one gateway; undefined where the authority has none of the name, or revoked it. */
  keysOf(issuer: string): JWTVerifyGetKey | undefined {
    return this.#find.get(issuer)
  }

  heldFor(): HeldFor {
    const usableForSeconds = Math.max(0, Math.ceil(this.#usableForMs / 1_000))
    const ageSeconds = Math.max(0, Math.floor(this.#now() / 1_000 - this.document.iat))
    return { from: this.from, ageSeconds, lifeSeconds: this.lifeSeconds, usableForSeconds }
  }
}

function setOf(keys: readonly JWK[]): JWTVerifyGetKey {
  return createLocalJWKSet({ keys: [...keys] })
}
