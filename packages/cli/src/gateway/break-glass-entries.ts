import { chownSync, statSync, readFileSync } from 'node:fs'
import {
  breakGlassFile,
  breakGlassStatusFile,
  maxOpen,
  type OpenGlass,
  readBreakGlassFile,
} from '@sallyport/gateway'
import { Problem } from '@sallyport/problem'
import { modes, writeFileAtomically } from '../files/write-file.ts'

/**
 * The entries that count at this time.
 *
 * @throws Problem `config_unreadable` where the file is there and cannot be believed
 */
export function openEntries(stateDirectory: string, now: number): OpenGlass[] {
  try {
    return readBreakGlassFile(stateDirectory).filter(({ until }) => until > now)
  } catch (error) {
    throw new Problem('config_unreadable', {
      detail: `${breakGlassFile(stateDirectory)} is not believed`,
      found: error instanceof Error ? error.message : String(error),
      cause: error,
    })
  }
}

/** Writes what is to be in force from now on. Root writes it for the account that the gateway runs under. */
export function writeEntries(stateDirectory: string, entries: readonly OpenGlass[]): void {
  if (entries.length > maxOpen) {
    throw new Problem('command_usage', {
      detail: 'Too much glass is broken already',
      expected: `at most ${maxOpen}`,
      found: String(entries.length),
    })
  }
  const file = breakGlassFile(stateDirectory)
  writeFileAtomically(file, `${JSON.stringify(entries, null, 2)}\n`, modes.secret)
  if (process.getuid?.() === 0) {
    const { uid, gid } = statSync(stateDirectory)
    chownSync(file, uid, gid)
  }
}

/** Whether the gateway says that exactly these are in force. */
export function isInForce(stateDirectory: string, ids: readonly string[]): boolean {
  try {
    const status = JSON.parse(readFileSync(breakGlassStatusFile(stateDirectory), 'utf8')) as {
      open?: unknown
    }
    const { open } = status
    return Array.isArray(open) && open.length === ids.length && ids.every((id) => open.includes(id))
  } catch {
    // Not written yet, or just being written: it is asked again.
    return false
  }
}
