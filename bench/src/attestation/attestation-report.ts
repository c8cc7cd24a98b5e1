import { median, medianRatio } from '../report/statistics.ts'
import type { Subject } from './subject.ts'

/** CPU microseconds of one verification, a value a round. */
export type MeasuredSubject = {
  readonly subject: Subject
  readonly whole: number[]
  readonly bare: number[]
}

export type ReportedAttestation = {
  readonly name: string
  readonly about: string
  readonly signatures: number
  /** On one core. */
  readonly verificationsPerSecond: number
  /** Medians over the rounds, CPU time. */
  readonly microseconds: number
  readonly bareMicroseconds: number
  /** The median over the rounds of the ratio within each. */
  readonly ratio: number
  readonly limit: number | null
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
  const { name, about, signatures, limit = null } = subject
  const microseconds = median(whole)
  return {
    name,
    about,
    signatures,
    verificationsPerSecond: 1_000_000 / microseconds,
    microseconds,
    bareMicroseconds: median(bare),
    ratio: medianRatio(whole, bare),
    limit,
    samples: { whole, bare },
  }
}

export function meetsAttestationLimits({ attestations }: AttestationReport): boolean {
  return attestations.every(isWithinLimit)
}

export function isWithinLimit({ limit, ratio }: ReportedAttestation): boolean {
  return limit === null || ratio <= limit
}
