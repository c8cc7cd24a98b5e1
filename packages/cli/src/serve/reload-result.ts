import { readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import type { ReasonCode } from '@sallyport/problem'
import { writeFileAtomically } from '../files/write-file.ts'

/** How the last reload of a gateway ended. */
export type ReloadResult = {
  /**
   * When it was asked for: nanoseconds of the machine's monotonic clock, which all processes share. A gateway
   * that was started before an upgrade does not say.
   */
  readonly askedAt?: string
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

const fileName = 'reload-result.json'

/** Leaves it in the gateway's state directory. */
export function writeReloadResult(stateDirectory: string, result: ReloadResult): void {
  writeFileAtomically(path.join(stateDirectory, fileName), `${JSON.stringify(result)}\n`)
}

/** The result, and a mark that differs for each; undefined where there was no reload yet. */
export function readReloadResult(
  stateDirectory: string,
): { result: ReloadResult; mark: string } | undefined {
  const file = path.join(stateDirectory, fileName)
  try {
    // Each result is a new file, renamed over the one before.
    const { ino, mtimeNs } = statSync(file, { bigint: true })
    const result = JSON.parse(readFileSync(file, 'utf8')) as ReloadResult
    return { result, mark: `${ino} ${mtimeNs}` }
  } catch {
    return undefined
  }
}
