import type { Facts } from './facts.ts'
import type { Extent, Finding } from './finding.ts'
import type { TextRegion } from './text-region.ts'

/** Bytes that are looked into like an entry, but were made of something: decoded, or built by code. */
export type Blob = {
  readonly bytes: Buffer
  readonly path: string
  /** Of what it was made of. */
  readonly offset: number
  /** How it was come by, outermost first: `base64`, `hex`, `byte array`, `gzip`. */
  readonly by: readonly string[]
}

/** Takes what readers find in an entry. */
export interface Sink {
  text(region: TextRegion): void
  blob(blob: Blob): void
  fact<Kind extends keyof Facts>(kind: Kind, fact: Facts[Kind][number]): void
  report(finding: Finding): void
  /** @param extent `part`, unless it is said */
  notChecked(path: string, why: string, extent?: Extent): void
}
