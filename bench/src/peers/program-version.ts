import { spawnSync } from 'node:child_process'
import { findProgram } from '../process/find-program.ts'

/** The first dotted number that a program prints when asked for its version; undefined where it is missing. */
export function programVersion(program: string, flag: string): string | undefined {
  const file = findProgram(program)
  if (file === undefined) return undefined
  const { stdout, stderr } = spawnSync(file, [flag], { encoding: 'utf8' })
  return /\d+(?:\.\d+)+/.exec(stdout + stderr)?.[0] ?? 'unknown'
}
