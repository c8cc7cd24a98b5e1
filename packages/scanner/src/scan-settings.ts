import type { ScanLimits } from './limits.ts'

/** A route of a gateway, as `ungated-endpoint` needs it. */
export type GatedRoute = {
  readonly host: string
  /** As in the configuration: `/v1/accounts/{id}/*`. */
  readonly path: string
  readonly hasDeviceStage: boolean
}

export type ScanSettings = {
  /** Pin sets and certificates are judged at this time … */
  readonly submittedAt: Date
  /** … and until this many days later. */
  readonly releaseWindowDays: number
  /** Undefined: `ungated-endpoint` is not asked. */
  readonly gatedRoutes?: readonly GatedRoute[]
  /** Domains of the developer: `pinning-missing` is about these. Undefined: they are guessed from the package id. */
  readonly ownDomains?: readonly string[]
  readonly limits: ScanLimits
}
