import type { TierBuffers } from './counter-memory.ts'
import { SharedTable } from './shared-table.ts'

/** The tables that the claims of one kind, proven or not, are counted in, as one thread sees them. */
export type Tier = {
  readonly exact: SharedTable
  readonly coarse: SharedTable
  readonly limits: SharedTable
  readonly open: SharedTable
  /** Of each count in `open`, how much is of which worker. */
  readonly shares: Int32Array
  readonly worker: number
  readonly workers: number
}

export function tierOf(buffers: TierBuffers, owner: number, worker: number): Tier {
  const open = new SharedTable(buffers.open.table, owner)
  const shares = new Int32Array(buffers.open.shares)
  return {
    exact: new SharedTable(buffers.exact, owner),
    coarse: new SharedTable(buffers.coarse, owner),
    limits: new SharedTable(buffers.limits, owner),
    open,
    shares,
    worker,
    workers: shares.length / open.slots,
  }
}
