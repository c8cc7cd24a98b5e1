import { alphabetOf } from '../decode/alphabet-runs.ts'
import type { Confidence, Severity } from '../finding.ts'
import type { TextRegion } from '../text-region.ts'

/** One kind of secret: how it looks, how it is told from what only looks like it, and what it opens. */
export type SecretKind = {
  /** Stable: part of a finding's identity. */
  readonly id: string
  /** `Stripe secret key`. */
  readonly name: string
  /** Literals that every one of them holds, three characters at least; where none lies, nothing is looked for. */
  readonly literals: readonly string[]
  /** Whether the literals are found in capitals too. */
  readonly anyCase?: boolean
  /**
   * Sticky: tried where the literal begins, or where `back` leads. With `nearby`, global: searched in the text
   * around the literal. The group `secret`, or else the whole match, is the secret.
   */
  readonly pattern: RegExp
  /** Where the literal is not the front: these characters, and at most so many, stand before it. */
  readonly back?: { readonly over: Uint8Array; readonly most: number }
  /** Where the literal is not part of it: how many characters before and behind are searched. */
  readonly nearby?: readonly [before: number, behind: number]
  readonly severity: Severity
  readonly confidence: Confidence
  /** Bits of Shannon's entropy a character that a secret has at least. Default: 2.8. */
  readonly entropy?: number
  /** Answers undefined where it is none after all; else what differs from the kind, in this case. */
  readonly check?: (match: SecretMatch) => Verdict | undefined
  /** What whoever takes the app apart can do with it. Sentences. */
  readonly gives: string
  /** How to make it worthless. Sentences. */
  readonly revoke: string
}

export type SecretMatch = {
  readonly secret: string
  readonly groups: Readonly<Record<string, string | undefined>>
  /** Where the match begins in the region's text. */
  readonly index: number
  readonly region: TextRegion
  /** When the app goes out: what has expired then is worth little. */
  readonly now: Date
}

export type Verdict = {
  readonly name?: string
  readonly severity?: Severity
  readonly confidence?: Confidence
  /** What the check told. Sentences without a secret. */
  readonly note?: string
  /** Where another part of the match, or something near it, is what must be kept secret. */
  readonly secret?: string
}

const digits = '0123456789'
const lower = 'abcdefghijklmnopqrstuvwxyz'
const upper = lower.toUpperCase()

/** What may stand before a literal. */
export const alphabets = {
  digits: alphabetOf(digits),
  hex: alphabetOf(`${digits}abcdef`),
  alphanumeric: alphabetOf(`${digits}${lower}${upper}`),
  base64url: alphabetOf(`${digits}${lower}${upper}_-`),
  hostname: alphabetOf(`${digits}${lower}.-`),
  unreserved: alphabetOf(`${digits}${lower}${upper}_~.-`),
} as const

/** Neither a letter nor a digit nor what joins them stands before or behind. */
const before = String.raw`(?<![A-Za-z0-9_-])`
const behind = String.raw`(?![A-Za-z0-9_-])`

/** A pattern that begins with the literal and stands alone: most vendors' tokens. */
export function token(pattern: string): RegExp {
  return new RegExp(`${before}(?:${pattern})${behind}`, 'y')
}
