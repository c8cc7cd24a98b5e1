import { execFile } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { findProgram } from '../process/find-program.ts'

/** What a whole process took, with all that it started. */
export type Cost = {
  readonly seconds: number
  /** User and kernel, all threads. */
  readonly cpuSeconds: number
  /** The largest it ever was, MB of 10^6 bytes. */
  readonly peakMegabytes: number
}

/** GNU time, which asks the kernel (wait4): Node tells neither of a child. */
export function timeProgram(): string {
  const program = findProgram('time')
  if (program === undefined) throw new Error('GNU time is missing: apt-get install time')
  return program
}

/**
 * Runs a program to its end.
 *
 * @param codes exit codes of a success
 * @throws Error with what it said where it ended otherwise
 */
export async function timed(
  command: readonly string[],
  { codes = [0], signal }: { readonly codes?: readonly number[]; readonly signal: AbortSignal },
): Promise<Cost> {
  const file = path.join(tmpdir(), `sallyport-bench-${process.pid}.time`)
  const line = ['-q', '-f', '%e %U %S %M', '-o', file, ...command]
  try {
    await new Promise<void>((resolve, reject) => {
      execFile(timeProgram(), line, { signal, maxBuffer: 64 * 1024 ** 2 }, (error, _, stderr) => {
        const code = error === null ? 0 : error.code
        if (typeof code === 'number' && codes.includes(code)) resolve()
        else reject(new Error(`${command[0]} ended with ${code}: ${stderr.slice(-1_000)}`))
      })
    })
    const [seconds = 0, user = 0, system = 0, kibibytes = 0] = readFileSync(file, 'utf8')
      .trim()
      .split(' ')
      .map(Number)
    return { seconds, cpuSeconds: user + system, peakMegabytes: (kibibytes * 1024) / 1e6 }
  } finally {
    rmSync(file, { force: true })
  }
}
