import type { Severity } from './finding.ts'

/** What a rule is, for reports. Identifiers of OWASP are those of MASVS 2.1, MASWE 1.0 and MASTG 2. */
export type Rule = {
  /** One line, without a full stop: what is wrong. */
  readonly title: string
  readonly severity: Severity
  /** Where only packages of one platform can have it. */
  readonly platform?: 'android' | 'ios'
  /** What it means. Sentences. */
  readonly meaning: string
  /** What to do about it. Sentences. */
  readonly fix: string
  /** MASVS 2.1 controls: `MASVS-STORAGE-1`. */
  readonly masvs: readonly string[]
  /** Weaknesses of MASWE 1.0, and the ids of the beta that they replaced: the numbers were used again. */
  readonly maswe: readonly { readonly id: string; readonly betaIds: readonly string[] }[]
  /** MASTG 2 tests, by platform. */
  readonly mastg: { readonly android: readonly string[]; readonly ios: readonly string[] }
  readonly cwe: readonly number[]
  /** OWASP Mobile Top 10 2024: `M1`. */
  readonly top10: readonly string[]
}
