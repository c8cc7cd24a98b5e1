import { readFileSync, statSync } from 'node:fs'
import type { ReasonCode } from '@sallyport/problem'
import { writeFileAtomically } from '../files/write-file.ts'

/** How the last reload of a role ended. */
export type ReloadResult = {
  /**
   * When it was asked for: nanoseconds of the machine's monotonic clock, which all processes share.
   */
  readonly askedAt: string
} & ReloadOutcome

export type ReloadOutcome =
  | {
      ok: true
      /** The settings that differ, and that only the next start takes. */
      restartNeeded: readonly string[]
    }
  | {
      ok: false
      problem: {
        code: ReasonCode
        detail?: string | undefined
        expected?: string | undefined
        found?: string | undefined
      }
    }

export function writeReloadResult(file: string, result: ReloadResult): void {
  writeFileAtomically(file, `${JSON.stringify(result)}\n`)
}

/** The result, and a mark that differs for each; undefined where there was no reload yet. */
export function readReloadResult(file: string): { result: ReloadResult; mark: string } | undefined {
  try {
    // Each result is a new file, renamed over the one before.
    const { ino, mtimeNs } = statSync(file, { bigint: true })
    const result = JSON.parse(readFileSync(file, 'utf8')) as ReloadResult
    return { result, mark: `${ino} ${mtimeNs}` }
  } catch {
    return undefined
  }
}
