import { execFileSync } from 'node:child_process'

/** Why tests with programs of Debian are skipped: one is not there. In CI nothing is skipped. */
export function missingProgram(...programs: string[]): string | undefined {
  if (process.env['CI'] === 'true') return undefined
  const missing = programs.filter((program) => {
    try {
      execFileSync('which', [program], { stdio: 'ignore' })
      return false
    } catch {
      return true
    }
  })
  return missing.length === 0 ? undefined : `not installed here: ${missing.join(', ')}`
}
