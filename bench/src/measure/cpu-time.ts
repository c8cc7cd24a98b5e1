import { processTree, readProcessFile, threadsOf } from './process-tree.ts'

/**
 * CPU time that a process and its descendants have used, in user and kernel, microseconds.
 *
 * Summed over their threads from /proc/<id>/task/<thread>/schedstat, which counts nanoseconds where
 * /proc/<id>/stat counts hundredths of a second. Threads that have ended are not in it: no server here
 * ends one between two readings.
 */
export function cpuMicroseconds(root: number): number {
  let nanoseconds = 0
  for (const id of processTree(root)) {
    for (const thread of threadsOf(id)) {
      const [running = '0'] = readProcessFile(id, `task/${thread}/schedstat`).split(' ')
      nanoseconds += Number(running)
    }
  }
  return nanoseconds / 1000
}
