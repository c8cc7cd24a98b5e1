import type { ScanLimits } from '../limits.ts'

/** What is left of what one package may cost, over all archives within it. */
export type Budget = {
  /** @returns false once there have been too many */
  readonly takeEntry: () => boolean
  /** @returns false once there have been too many */
  readonly takeBytes: (bytes: number) => boolean
}

export function newBudget(limits: ScanLimits): Budget {
  let { entries, totalBytes } = limits
  return {
    takeEntry: () => {
      entries -= 1
      return entries >= 0
    },
    takeBytes: (bytes) => {
      if (bytes > totalBytes) return false
      totalBytes -= bytes
      return true
    },
  }
}
