import type { AttestationCheck } from '../../src/index.ts'

/** What came of one run. */
export type Outcome = {
  readonly accepted: boolean
  /** Of a result, its checks; of a refusal that was thrown, none. */
  readonly checks?: readonly AttestationCheck[]
  /** The code of a refusal that was thrown. */
  readonly code?: string
  /** What the result says: JSON must be able to tell it. */
  readonly told?: unknown
}

/** Evidence that is changed and appraised again and again. */
export type FuzzVector = {
  /** What it is, before the first colon its kind: `android-key: akita/sdk34/TEE_EC_NONE`. */
  readonly name: string
  /** Whether it is accepted as it is. Undefined: it is here for what parsers make of it. */
  readonly isAccepted?: boolean
  /** What is changed: one certificate each, or the evidence as a whole. */
  readonly parts: readonly Buffer[]
  /** Throws only what is no refusal. */
  appraise(parts: readonly Buffer[]): Promise<Outcome>
  /**
   * What signatures and digests cover: of parts that are still accepted it must be as it is in a vector
   * of this kind. The vector says what else may differ. Undefined: it signs whatever is changed, or is
   * not signed at all, so that anything may be accepted.
   */
  covered?(parts: readonly Buffer[]): unknown
}
