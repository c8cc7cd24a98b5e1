import { markdownTable, members } from '../../report/report-text.ts'
import { median, percentile } from '../../report/statistics.ts'
import type { Renewals } from './steady-renewals.ts'

/** One kind of bogus request, offered many times while phones renewed. */
export type FloodTrial = {
  readonly name: string
  readonly about: string
  /** Until all were refused. */
  readonly seconds: number
  /** Codes, status codes, or `closed`, and how many ended so. */
  readonly outcomes: Readonly<Record<string, number>>
  readonly renewals: Renewals
  /** CPU of the authority and its signer for each, renewals in the meantime included. */
  readonly microseconds: number
  readonly beforeMegabytes: number
  readonly mostMegabytes: number
}

type Measured = {
  readonly machine: Readonly<Record<string, string | number>>
  readonly settings: Readonly<Record<string, number>>
  /** Of each round. */
  readonly quietly: readonly Renewals[]
  /** Each kind once in every round. */
  readonly trials: readonly FloodTrial[]
}

export type Times = { readonly count: number; readonly median: number; readonly p99: number }

export type FloodReport = Omit<Measured, 'trials'> & {
  readonly quiet: Times
  readonly trials: readonly (FloodTrial & {
    readonly times: Times
    /** The p99 of renewals beside that of quiet. */
    readonly ratio: number
    readonly isMet: boolean
  })[]
  readonly limit: number
}

/** Of the p99 when nobody disturbs. */
const limit = 2

export function reportedFlood({ quietly, trials: ofRounds, ...rest }: Measured): FloodReport {
  const quiet = timesOf(pooled(quietly))
  const trials = [...Map.groupBy(ofRounds, ({ name }) => name).values()].map(overRounds)
  return {
    ...rest,
    quietly,
    quiet,
    limit,
    trials: trials.map((trial) => {
      const times = timesOf(trial.renewals)
      const ratio = times.p99 / quiet.p99
      const isMet = ratio <= limit && trial.renewals.failures.length === 0
      return { ...trial, times, ratio, isMet }
    }),
  }
}

function pooled(renewals: readonly Renewals[]): Renewals {
  return {
    milliseconds: renewals.flatMap(({ milliseconds }) => milliseconds),
    failures: renewals.flatMap(({ failures }) => failures),
  }
}

/** The rounds of one kind as one: renewals and outcomes of all, the rest of a middling one. */
function overRounds(rounds: readonly FloodTrial[]): FloodTrial {
  const [first] = rounds
  if (first === undefined) throw new TypeError('A kind was offered in no round')
  const outcomes: Record<string, number> = {}
  for (const [name, count] of rounds.flatMap((round) => Object.entries(round.outcomes))) {
    outcomes[name] = (outcomes[name] ?? 0) + count
  }
  return {
    ...first,
    seconds: median(rounds.map(({ seconds }) => seconds)),
    outcomes,
    renewals: pooled(rounds.map(({ renewals }) => renewals)),
    microseconds: median(rounds.map(({ microseconds }) => microseconds)),
    mostMegabytes: Math.max(...rounds.map(({ mostMegabytes }) => mostMegabytes)),
  }
}

function timesOf({ milliseconds }: Renewals): Times {
  if (milliseconds.length === 0) return { count: 0, median: Infinity, p99: Infinity }
  return {
    count: milliseconds.length,
    median: median(milliseconds),
    p99: percentile(milliseconds, 0.99),
  }
}

export function meetsFloodLimits({ trials }: FloodReport): boolean {
  return trials.every(({ isMet }) => isMet)
}

/** The report as a person reads it. */
export function floodText({ machine, settings, quiet, trials, limit: most }: FloodReport): string {
  const header = [
    'refused',
    'in, s',
    'CPU of one, µs',
    'renewals',
    'failed',
    'median, ms',
    'p99, ms',
    'ratio',
    'memory, MB',
  ]
  const rows = trials.map((trial) => [
    trial.name,
    trial.seconds.toFixed(1),
    trial.microseconds.toFixed(0),
    String(trial.times.count),
    String(trial.renewals.failures.length),
    trial.times.median.toFixed(1),
    trial.times.p99.toFixed(1),
    `${trial.ratio.toFixed(2)} ×`,
    `${trial.beforeMegabytes.toFixed(0)} → ${trial.mostMegabytes.toFixed(0)}`,
  ])
  const still = ['nothing', '', '', String(quiet.count), '0']
  const row = [...still, quiet.median.toFixed(1), quiet.p99.toFixed(1), '1.00 ×', '']
  const outcomes = trials.map(({ name, about, outcomes: ended }) => {
    const words = Object.entries(ended).map(([outcome, count]) => `${count} ${outcome}`)
    return `${name} (${about}): ${words.join(', ')}`
  })
  const limits = trials.map(
    ({ name, ratio, isMet }) =>
      `${isMet ? 'met' : 'NOT met'}: renewals under ${name}: at most ${most.toFixed(2)} × the quiet p99 and none failed, found ${ratio.toFixed(2)} ×`,
  )
  return [
    markdownTable([header, row, ...rows]),
    outcomes.join('\n'),
    `Machine: ${members(machine)}.\nSettings: ${members(settings)}.`,
    `${limits.join('\n')}\n`,
  ].join('\n\n')
}
