import { readdirSync, readFileSync } from 'node:fs'

/**
 * A process and everything that descends from it, by id. What ends while this reads is left out.
 *
 * Linux alone: reads /proc.
 */
export function processTree(root: number): number[] {
  const found = [root]
  // The list grows while it is walked.
  for (const id of found) found.push(...childrenOf(id))
  return found
}

/** The command line of a process, its arguments joined by spaces; empty where it has ended. */
export function commandLine(id: number): string {
  return readProcessFile(id, 'cmdline').replaceAll('\0', ' ').trimEnd()
}

/** A file of /proc/<id>; empty where the process has ended. */
export function readProcessFile(id: number, name: string): string {
  try {
    return readFileSync(`/proc/${id}/${name}`, 'utf8')
  } catch (error) {
    if (isGone(error)) return ''
    throw error
  }
}

/** The ids of the threads of a process; empty where it has ended. */
export function threadsOf(id: number): string[] {
  try {
    return readdirSync(`/proc/${id}/task`)
  } catch (error) {
    if (isGone(error)) return []
    throw error
  }
}

function childrenOf(id: number): number[] {
  return threadsOf(id).flatMap((thread) =>
    readProcessFile(id, `task/${thread}/children`).split(' ').filter(Boolean).map(Number),
  )
}

function isGone(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code
  return code === 'ENOENT' || code === 'ESRCH'
}
