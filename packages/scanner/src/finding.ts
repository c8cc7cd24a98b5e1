import type { RuleId } from './rules.ts'

/** From worst to least. `info` never fails a build. */
export const severities = ['critical', 'high', 'medium', 'low', 'info'] as const
export type Severity = (typeof severities)[number]

/** How sure a finding is, from most to least: computed or declared, told by structure, guessed from context. */
export const confidences = ['certain', 'firm', 'tentative'] as const
export type Confidence = (typeof confidences)[number]

export type Location = {
  /** Path within the package; what lies in an archive within it stands behind `!/`. */
  readonly path: string
  /** Bytes from the beginning of that entry, as it is uncompressed. */
  readonly offset?: number
  /** Where that is in words of the format: `Lcom/bank/Tls;->verify(…)`, `android:debuggable`. */
  readonly within?: string
}

/** What a detector or a judge says. Never holds a secret: secrets are redacted before they get here. */
export type Finding = {
  readonly rule: RuleId
  /** Where it differs from the rule's own. */
  readonly severity?: Severity
  readonly confidence: Confidence
  /** One line, without a full stop, that names the thing. */
  readonly title: string
  /** What was found, what it means here, how it was proven. Sentences. */
  readonly detail: string
  /** What to do. Sentences. Undefined where the rule's own says it. */
  readonly fix?: string
  readonly locations: readonly Location[]
  /**
   * What makes it this finding in every build: the SPKI hash of a key, a domain, a hash of a secret.
   * Neither where it lies nor when it was seen. It goes into the fingerprint, hashed.
   */
  readonly identity: string
  /** What reports may show as a table: subject, issuer, notAfter … No secrets. */
  readonly facts?: Readonly<Record<string, string | number | boolean | readonly string[]>>
  /** Lines that show it again, with every secret redacted. */
  readonly reproduce?: readonly string[]
}

/** How much of an entry was not read: all that makes it what it is, or less. */
export type Extent = 'whole' | 'part'

/** Something that was not looked into, and why: one line of the ledger. */
export type NotChecked = { readonly path: string; readonly why: string }
