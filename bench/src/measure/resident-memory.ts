import { processTree, readProcessFile } from './process-tree.ts'

/** Resident memory of a process and its descendants, megabytes of 2²⁰ bytes. Shared pages count in each. */
export function residentMegabytes(root: number): number {
  let kibibytes = 0
  for (const id of processTree(root)) {
    kibibytes += Number(/^VmRSS:\s+(\d+) kB$/m.exec(readProcessFile(id, 'status'))?.[1] ?? 0)
  }
  return kibibytes / 1024
}
