import { median, medianRatio } from '../report/statistics.ts'
import type { AuthorityWork } from './authority-work.ts'

/** A value a round. */
export type MeasuredWork = {
  readonly work: AuthorityWork
  /** CPU microseconds of the authority and its signer, of one. */
  readonly whole: number[]
  /** CPU microseconds of the bare cryptography in it. */
  readonly bare: number[]
  /** How many a second were done, on this machine with whoever asks on it. */
  readonly perSecond: number[]
}

export type ReportedWork = {
  readonly name: string
  readonly about: string
  readonly perSecond: number
  readonly microseconds: number
  readonly bareMicroseconds: number
  readonly ratio: number
  readonly limit: number | null
  readonly isMet: boolean
  readonly samples: Pick<MeasuredWork, 'whole' | 'bare' | 'perSecond'>
}

/** What a revocation costs where so many were revoked before. */
export type RevocationCost = {
  readonly revoked: number
  readonly microseconds: number
  readonly samples: readonly number[]
}

export type AuthorityReport = {
  readonly machine: Readonly<Record<string, string | number>>
  readonly settings: Readonly<Record<string, number>>
  readonly works: readonly ReportedWork[]
  readonly revocations: {
    readonly costs: readonly RevocationCost[]
    /** The last beside the first. */
    readonly ratio: number
    readonly limit: number
    readonly isMet: boolean
  }
}

/** Noise of two states of one authority, one after the other. */
const revocationLimit = 1.3

export function reportedWork({ work, whole, bare, perSecond }: MeasuredWork): ReportedWork {
  const { name, about, limit = null } = work
  const ratio = medianRatio(whole, bare)
  return {
    name,
    about,
    perSecond: median(perSecond),
    microseconds: median(whole),
    bareMicroseconds: median(bare),
    ratio,
    limit,
    isMet: limit === null || ratio <= limit,
    samples: { whole, bare, perSecond },
  }
}

/** Of costs in the order in which more and more were revoked. */
export function reportedRevocations(
  costs: readonly RevocationCost[],
): AuthorityReport['revocations'] {
  const [first, last] = [costs[0], costs.at(-1)]
  if (first === undefined || last === undefined) throw new TypeError('nothing was revoked')
  const ratio = last.microseconds / first.microseconds
  return { costs, ratio, limit: revocationLimit, isMet: ratio <= revocationLimit }
}

export function meetsAuthorityLimits({ works, revocations }: AuthorityReport): boolean {
  return revocations.isMet && works.every(({ isMet }) => isMet)
}
