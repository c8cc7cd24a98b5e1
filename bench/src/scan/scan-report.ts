import { median, medianRatio } from '../report/statistics.ts'
import { inflation, type ScanPeer, scanner } from './scan-peers.ts'
import type { ScannedPackage } from './scanned-packages.ts'
import type { Cost } from './timed-process.ts'

export type ReportedCost = {
  readonly name: string
  readonly about: string
  /** Medians over the rounds. */
  readonly seconds: number
  readonly cpuSeconds: number
  readonly peakMegabytes: number
  /** CPU time beside plain inflation: the median over the rounds of the ratio within each. */
  readonly ratio: number
  readonly samples: readonly Cost[]
}

export type ReportedPackage = {
  readonly name: string
  readonly megabytes: number
  readonly costs: readonly ReportedCost[]
  readonly limits: readonly ReportedLimit[]
}

export type ReportedLimit = {
  readonly what: string
  readonly limit: string
  readonly found: string
  readonly isMet: boolean
}

export type ScanReport = {
  readonly machine: Readonly<Record<string, string | number>>
  readonly settings: Readonly<Record<string, number>>
  readonly packages: readonly ReportedPackage[]
}

const peakLimit = 300
const ratioLimit = 6

export function reportedScan(
  { name, megabytes, limitSeconds }: ScannedPackage,
  costs: ReadonlyMap<ScanPeer, readonly Cost[]>,
): ReportedPackage {
  const base = costs.get(inflation) ?? []
  const reported = [...costs].map(([peer, samples]): ReportedCost => {
    return {
      name: peer.name,
      about: peer.about,
      seconds: median(samples.map(({ seconds }) => seconds)),
      cpuSeconds: median(samples.map(({ cpuSeconds }) => cpuSeconds)),
      peakMegabytes: median(samples.map(({ peakMegabytes }) => peakMegabytes)),
      ratio: medianRatio(
        samples.map(({ cpuSeconds }) => cpuSeconds),
        base.map(({ cpuSeconds }) => cpuSeconds),
      ),
      samples,
    }
  })
  const own = reported.find((each) => each.name === scanner.name)
  return {
    name,
    megabytes,
    costs: reported,
    limits: own === undefined ? [] : limitsOf(own, limitSeconds),
  }
}

function limitsOf(own: ReportedCost, limitSeconds: number): ReportedLimit[] {
  const limit = (what: string, value: number, most: number, unit: string): ReportedLimit => ({
    what,
    limit: `${most} ${unit}`,
    found: `${value.toPrecision(3)} ${unit}`,
    isMet: value <= most,
  })
  return [
    limit('seconds', own.seconds, limitSeconds, 's'),
    limit('peak memory', own.peakMegabytes, peakLimit, 'MB'),
    limit('CPU time beside plain inflation', own.ratio, ratioLimit, '×'),
  ]
}

export function meetsScanLimits({ packages }: ScanReport): boolean {
  return packages.every(({ limits }) => limits.every(({ isMet }) => isMet))
}
