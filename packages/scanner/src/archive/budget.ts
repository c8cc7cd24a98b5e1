import type { ScanLimits } from '../limits.ts'

/** What is left of what one package may cost, over all archives within it. */
export type Budget = {
  /** @returns false once there have been too many */
  readonly takeEntry: () => boolean
  /** Bytes that are unpacked. @returns false once there have been too many */
  readonly takeBytes: (bytes: number) => boolean
  readonly giveBackBytes: (bytes: number) => void
  /** Bytes of archives that are unpacked within this package, in memory until they are released. */
  readonly hold: (bytes: number) => boolean
  readonly release: (bytes: number) => void
  /** Bytes of archives that are too large for that, in temporary files. */
  readonly takeDiskBytes: (bytes: number) => boolean
}

const maxDiskBytes = 2 * 1024 ** 3

export function newBudget(limits: ScanLimits): Budget {
  let { entries, totalBytes, wholeEntryBytes: memoryBytes } = limits
  let diskBytes = Math.min(limits.entryBytes, maxDiskBytes)
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
    giveBackBytes: (bytes) => {
      totalBytes += bytes
    },
    hold: (bytes) => {
      if (bytes > memoryBytes) return false
      memoryBytes -= bytes
      return true
    },
    release: (bytes) => {
      memoryBytes += bytes
    },
    takeDiskBytes: (bytes) => {
      if (bytes > diskBytes) return false
      diskBytes -= bytes
      return true
    },
  }
}
