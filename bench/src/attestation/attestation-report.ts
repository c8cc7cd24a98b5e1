import { median, medianRatio } from '../report/statistics.ts'
import type { BareSignatures, Subject } from './subject.ts'

/** CPU microseconds of one verification, a value a round. */
export type MeasuredSubject = {
  readonly subject: Subject
  readonly whole: number[]
  readonly bare: number[]
}

export type ReportedAttestation = {
  readonly name: string
  readonly about: string
  /** On one core. */
  readonly verificationsPerSecond: number
  /** CPU time, the median over the rounds. */
  readonly microseconds: number
  /** Null: told for information. */
  readonly bare: {
    readonly signatures: number
    readonly microseconds: number
    /** The median over the rounds of the ratio within each. */
    readonly ratio: number
    readonly limit: number
    readonly isMet: boolean
  } | null
  readonly samples: { readonly whole: readonly number[]; readonly bare: readonly number[] }
}

export type AttestationReport = {
  readonly machine: Readonly<Record<string, string | number>>
  readonly settings: Readonly<Record<string, number>>
  readonly attestations: readonly ReportedAttestation[]
}

export function reportedAttestation({
  subject,
  whole,
  bare,
}: MeasuredSubject): ReportedAttestation {
  const { name, about } = subject
  const microseconds = median(whole)
  return {
    name,
    about,
    verificationsPerSecond: 1_000_000 / microseconds,
    microseconds,
    bare: subject.bare === undefined ? null : reportedBare(subject.bare, whole, bare),
    samples: { whole, bare },
  }
}

function reportedBare({ count, limit }: BareSignatures, whole: number[], bare: number[]) {
  const ratio = medianRatio(whole, bare)
  return { signatures: count, microseconds: median(bare), ratio, limit, isMet: ratio <= limit }
}

export function meetsAttestationLimits({ attestations }: AttestationReport): boolean {
  return attestations.every(({ bare }) => bare?.isMet ?? true)
}
