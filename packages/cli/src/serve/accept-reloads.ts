import { isProblem, Problem } from '@sallyport/problem'
import type { Logger } from 'pino'
import { removePidFile, writePidFile } from '../supervise/pid-file.ts'
import type { ReloadPlace } from './reload-place.ts'
import { type ReloadOutcome, writeReloadResult } from './reload-result.ts'

export type Reloading = {
  readonly place: ReloadPlace
  readonly log: Logger
  /**
   * Takes the configuration file as it is now, whole or not at all.
   *
   * @returns the settings that differ, and that only the next start takes
   */
  readonly reload: () => Promise<readonly string[]>
}

/**
 * Has this process reload at SIGHUP, one at a time, and leave the outcome where `sallyport reload` waits for it.
 *
 * @returns takes back what says that this process can be asked
 */
export function acceptReloads({ place, log, reload }: Reloading): () => void {
  let last: Promise<void> = Promise.resolve()
  process.on('SIGHUP', () => {
    const askedAt = String(process.hrtime.bigint())
    last = last.then(async () => {
      const outcome = await outcomeOf(reload)
      attempt(log, () => writeReloadResult(place.resultFile, { askedAt, ...outcome }))
    })
  })
  attempt(log, () => writePidFile(place.pidFile))
  return () => removePidFile(place.pidFile)
}

/** For roles that do not say themselves why they refused a configuration. */
export function logRefusals(log: Logger, reload: Reloading['reload']): Reloading['reload'] {
  return async () => {
    try {
      return await reload()
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      log.error({ why }, 'reload refused: the configuration that was in force goes on')
      throw error
    }
  }
}

async function outcomeOf(reload: Reloading['reload']): Promise<ReloadOutcome> {
  try {
    return { ok: true, restartNeeded: await reload() }
  } catch (error) {
    const problem = isProblem(error)
      ? error
      : new Problem('internal_error', { detail: String(error), cause: error })
    const { code, detail, expected, found } = problem
    return { ok: false, problem: { code, detail, expected, found } }
  }
}

/** A role serves all the same where its folder cannot be written; it is then not found by `sallyport reload`. */
function attempt(log: Logger, write: () => void): void {
  try {
    write()
  } catch (error) {
    log.warn({ err: error }, 'sallyport reload cannot be answered; SIGHUP reloads all the same')
  }
}
