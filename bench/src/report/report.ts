import { type Figure, type FigureName, figureNames, figures, type Samples } from './figures.ts'
import { median, medianRatio } from './statistics.ts'

type Result = {
  /** Median over the rounds, in the figure's unit. */
  readonly value: number
  /** To the base of the same rounds; undefined where the base is not installed. */
  readonly ratio: number | undefined
  readonly samples: readonly number[]
}

export type MeasuredGateway = {
  readonly name: string
  readonly version: string
  readonly samples: Samples
}

export type ReportedGateway = {
  readonly name: string
  readonly version: string
  readonly figures: Readonly<Record<FigureName, Result>>
}

export type Report = {
  readonly machine: Readonly<Record<string, string | number>>
  readonly settings: Readonly<Record<string, number>>
  readonly base: string
  readonly gateways: readonly ReportedGateway[]
  /** Gateways that are not installed here, and how they would be. */
  readonly missing: readonly { readonly name: string; readonly install: string }[]
}

/** The results of each gateway, with its ratios to the one called `base`. */
export function compare(measured: readonly MeasuredGateway[], base: string): ReportedGateway[] {
  const baseSamples = measured.find(({ name }) => name === base)?.samples
  return measured.map(({ name, version, samples }) => {
    const entries = figureNames.map((figure) => {
      const own = samples[figure]
      const ratio = baseSamples && medianRatio(own, baseSamples[figure])
      return [figure, { value: median(own), ratio, samples: own }] as const
    })
    return { name, version, figures: Object.fromEntries(entries) as ReportedGateway['figures'] }
  })
}

export type LimitCheck = {
  readonly figure: FigureName
  readonly isMet: boolean
  readonly expected: string
  readonly found: string
}

/** Holds a gateway against the limits of the figures. A ratio without a base cannot be met. */
export function checkLimits(gateway: ReportedGateway): LimitCheck[] {
  return figureNames.flatMap((name) => {
    const { limit, unit }: Figure = figures[name]
    if (limit === undefined) return []
    const { value, ratio } = gateway.figures[name]
    if ('value' in limit) {
      return {
        figure: name,
        isMet: value <= limit.value,
        expected: `at most ${limit.value} ${unit}`,
        found: `${value.toFixed(figures[name].digits)} ${unit}`,
      }
    }
    return {
      figure: name,
      isMet: ratio !== undefined && ratio <= limit.ratio,
      expected: `at most ${limit.ratio} ×`,
      found: ratio === undefined ? 'nothing to compare with' : `${ratio.toFixed(2)} ×`,
    }
  })
}

/** What one gateway is held to beside another, in the same run. */
export type PairLimit = {
  readonly figure: FigureName
  readonly subject: string
  readonly to: string
  readonly ratio: number
}

/** A pair of which one was not measured is not met. */
export function checkPairs(
  gateways: readonly ReportedGateway[],
  limits: readonly PairLimit[],
): (LimitCheck & PairLimit)[] {
  return limits.map((limit) => {
    const [own, other] = [limit.subject, limit.to].map(
      (name) => gateways.find((gateway) => gateway.name === name)?.figures[limit.figure].samples,
    )
    const ratio = own && other && medianRatio(own, other)
    return {
      ...limit,
      isMet: ratio !== undefined && ratio <= limit.ratio,
      expected: `at most ${limit.ratio} × ${limit.to}`,
      found: ratio === undefined ? 'nothing to compare with' : `${ratio.toFixed(2)} ×`,
    }
  })
}
