import { unlinkSync } from 'node:fs'
import { join } from 'node:path'
import type { Logger } from 'pino'
import { dayOf, journalFiles, readJournalFile } from './journal-file.ts'

const dayMs = 86_400_000

/**
 * Removes the files of which all that they tell of ended some time ago. One that tells of a CA is kept as long as
 * that CA. What cannot be read is kept.
 */
export async function pruneJournal({
  directory,
  except,
  now,
  keepMs,
  log,
}: {
  directory: string
  /** The one that is being written. */
  except: string
  now: number
  keepMs: number
  log: Logger
}): Promise<void> {
  try {
    for (const name of await journalFiles(directory)) {
      if (name === except || dayOf(name) + dayMs > now - keepMs) continue
      if ((await latestEnd(directory, name)) > now - keepMs) continue
      unlinkSync(join(directory, name))
      log.info({ file: name }, 'all that this file of the journal told of has ended: removed')
    }
  } catch (error) {
    log.warn({ err: error }, 'old files of the journal were not removed')
  }
}

async function latestEnd(directory: string, name: string): Promise<number> {
  let latest = 0
  for await (const { record } of readJournalFile(directory, name)) {
    if (record.kind !== 'begin') latest = Math.max(latest, record.until)
  }
  return latest
}
