import { availableParallelism } from 'node:os'
import { findProgram } from './find-program.ts'

/** The two sides of a measurement, each kept to a core of its own so that neither runs into the other. */
export type Core = 'server' | 'load'

const numbers: Readonly<Record<Core, string>> = { server: '0', load: '1' }

/** A command that runs on one core; the command itself where there are no two cores, or no `taskset`. */
export function onCore(
  core: Core,
  command: readonly [string, ...string[]],
): readonly [string, ...string[]] {
  const taskset = availableParallelism() < 2 ? undefined : findProgram('taskset')
  return taskset === undefined ? command : [taskset, '-c', numbers[core], ...command]
}
