import { readFileSync, rmSync } from 'node:fs'
import { writeFileAtomically } from '../files/write-file.ts'

/** A process, told apart from a later one that was given the same number. */
export type ProcessMark = { pid: number; startedAt: string }

/** Writes which process this is. The file is removed by `removePidFile`, or found stale later. */
export function writePidFile(file: string): ProcessMark {
  const mark = { pid: process.pid, startedAt: startOf(process.pid) ?? '' }
  writeFileAtomically(file, `${JSON.stringify(mark)}\n`)
  return mark
}

/** The process that a pid file names, where it still runs. */
export function readPidFile(file: string): ProcessMark | undefined {
  const mark = parseMark(file)
  if (mark === undefined || !isAlive(mark.pid)) return undefined
  const startedAt = startOf(mark.pid)
  return startedAt === undefined || startedAt === mark.startedAt ? mark : undefined
}

/** Removes the file where it names this process, and not one that came after it. */
export function removePidFile(file: string): void {
  if (parseMark(file)?.pid === process.pid) rmSync(file, { force: true })
}

function parseMark(file: string): ProcessMark | undefined {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
  const match = /^\{"pid":(\d{1,9}),"startedAt":"(\d*)"\}\s*$/.exec(text)
  return match === null ? undefined : { pid: Number(match[1]), startedAt: match[2] ?? '' }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    // It exists, and belongs to someone else.
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

/**
 * When the kernel says that a process began, in clock ticks since boot (proc(5): field 22 of stat, counted
 * from behind the name, which may hold anything). Undefined where the system has no /proc.
 */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
  } catch {
    return undefined
  }
}
