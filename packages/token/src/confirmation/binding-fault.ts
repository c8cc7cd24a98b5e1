import type { ReasonCode } from '@sallyport/problem'

/** What is wrong with a binding or its proof. All but the public face of the code is for the operator. */
export type BindingFault = {
  readonly code: ReasonCode
  readonly check: string
  readonly expected: string
  readonly found: string
  /** By how much the clock of who made the proof is ahead of ours, milliseconds. */
  readonly clockOffsetMs?: number
}
