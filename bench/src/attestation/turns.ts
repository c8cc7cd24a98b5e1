/** Short, so that whatever else the machine does meets all of them. */
const timesInATurn = 20

/**
 * Runs each piece of work so many times, taking turns; the CPU time that each took at a time, in user and
 * kernel, of all threads of this process, microseconds. Undefined where a piece says once that it failed.
 */
export function measureInTurns(
  works: readonly (() => boolean)[],
  times: number,
): readonly number[] | undefined {
  const spent = works.map(() => 0)
  for (let done = 0; done < times; done += timesInATurn) {
    const turn = Math.min(timesInATurn, times - done)
    for (const [index, work] of works.entries()) {
      const before = process.cpuUsage()
      for (let run = 0; run < turn; run++) if (!work()) return undefined
      const { user, system } = process.cpuUsage(before)
      spent[index] = (spent[index] ?? 0) + user + system
    }
  }
  return spent.map((microseconds) => microseconds / times)
}
