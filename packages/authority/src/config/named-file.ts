import { readFileSync } from 'node:fs'
import { resolvePath } from '@sallyport/config'
import { configProblem } from '@sallyport/problem'

/** As `readNamedBytes`, of a text in UTF-8. */
export function readNamedFile(...named: Parameters<typeof readNamedBytes>): string {
  return readNamedBytes(...named).toString('utf8')
}

/**
 * The bytes of a file that a member of the configuration names.
 *
 * @param path steps to the member
 * @throws Problem `config_unreadable`
 */
export function readNamedBytes(
  directory: string,
  file: string,
  path: readonly (string | number)[],
): Buffer {
  const absolute = resolvePath(directory, file)
  try {
    return readFileSync(absolute)
  } catch (cause) {
    const said = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause)
    throw configProblem('config_unreadable', path, `${absolute}: ${said}`, { cause })
  }
}
