import type { Extent } from '../finding.ts'
import type { ScanLimits } from '../limits.ts'
import type { Budget } from './budget.ts'
import type { ByteSource } from './byte-source.ts'
import type { Listing } from './member.ts'

/** What all containers of one package share. */
export type Walk = {
  readonly limits: ScanLimits
  readonly budget: Budget
  readonly notChecked: (path: string, why: string, extent?: Extent) => void
}

/** A kind of file that holds files. */
export type Container = {
  /** As the ledger calls it. */
  readonly name: string
  readonly takes: (head: Buffer, path: string) => boolean
  /**
   * Undefined where such a file is not unpacked here.
   *
   * @param prefix put before each path: empty, or it ends with `!/`
   * @returns undefined where it only looked like one
   * @throws EntryFault
   */
  readonly list?: (
    walk: Walk,
    source: ByteSource,
    prefix: string,
    path: string,
  ) => Promise<Listing | undefined>
}
