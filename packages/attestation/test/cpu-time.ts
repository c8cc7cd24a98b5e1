/** CPU time of some work, the least of five runs, milliseconds: what else the machine does counts for nothing. */
export function leastCpuMilliseconds(work: () => unknown): number {
  const runs = Array.from({ length: 5 }, () => {
    const started = process.threadCpuUsage()
    work()
    const { user, system } = process.threadCpuUsage(started)
    return (user + system) / 1_000
  })
  return Math.min(...runs)
}
