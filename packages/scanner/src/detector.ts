import type { AppPackage } from './app-package.ts'
import type { Facts } from './facts.ts'
import type { Finding } from './finding.ts'
import type { ScanSettings } from './scan-settings.ts'
import type { Blob, Sink } from './sink.ts'
import type { TextRegion } from './text-region.ts'

/** Looks at everything of its kind while the package is read. One is made for each scan, and may remember. */
export type Detector = {
  /** Every region of text. Must be linear in its length. */
  readonly text?: (region: TextRegion, sink: Sink) => void
  /** Every entry's bytes (or each piece of a large one), and every blob. Must be linear in their length. */
  readonly bytes?: (blob: Blob, sink: Sink) => void
  /** Once all has been read. */
  readonly end?: (facts: Facts, sink: Sink) => void | Promise<void>
}

export type DetectorMaker = (settings: ScanSettings) => Detector

/** Says what the facts of a whole package mean. Pure. */
export type Judge = (
  facts: Facts,
  about: { readonly app: AppPackage; readonly settings: ScanSettings },
) => Iterable<Finding>
