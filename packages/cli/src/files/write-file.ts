import { existsSync, statSync, writeFileSync } from 'node:fs'
import { replaceFileSync } from '@sallyport/pki/replace-file'
import { Problem } from '@sallyport/problem'

/** Modes of files: secrets are for their owner alone. */
export const modes = { secret: 0o600, public: 0o644 } as const

/**
 * Writes a file whole or not at all, replacing what is there: a reader, or a reload, never sees half
 * of it. Makes the directories above it, for their owner alone. What is no file (`/dev/stdout`, a pipe) is written to.
 */
export function writeFileAtomically(
  file: string,
  content: string | Uint8Array,
  mode: number = modes.public,
): void {
  if (isStream(file)) writeFileSync(file, content)
  else replaceFileSync(file, content, mode)
}

/**
 * For keys and certificates: those of before may be in use.
 *
 * @throws Problem `command_usage` where one of the files is there, to be answered with another `--out`
 */
export function refuseToWriteOver(files: readonly string[]): void {
  const taken = files.filter((file) => existsSync(file))
  if (taken.length === 0) return
  throw new Problem('command_usage', {
    detail: 'Nothing is written over',
    expected: 'a folder without these files: --out',
    found: taken.join(', '),
  })
}

/** Devices and pipes; and the names of what is open already, which may be a file that somebody else is to read. */
const openAlready = /^\/(?:dev\/(?:stdout|stderr|fd\/\d+)|proc\/self\/fd\/\d+)$/

/** In the place of /dev/null, root would leave a file for the whole machine. */
function isStream(file: string): boolean {
  if (openAlready.test(file)) return true
  const found = statSync(file, { throwIfNoEntry: false })
  return found !== undefined && !found.isFile() && !found.isDirectory()
}
