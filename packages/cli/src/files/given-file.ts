import { readFileSync } from 'node:fs'
import { isProblem, Problem } from '@sallyport/problem'

/**
 * Reads a file that a command was given. What is wrong with it is wrong use of the command, and no fault
 * of the configuration.
 *
 * @throws Problem `command_usage` with file:line:column, and whatever else `read` throws
 */
export function readGivenFile<T>(read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (!isProblem(error) || error.code !== 'config_invalid') throw error
    const { detail = error.message, expected, found } = error
    throw new Problem('command_usage', {
      detail,
      ...(expected === undefined ? {} : { expected }),
      ...(found === undefined ? {} : { found }),
      cause: error,
    })
  }
}

/**
 * The text of a small file that a command was given.
 *
 * @throws Problem `file_failed`
 */
export function readGivenText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : String(cause)
    throw new Problem('file_failed', { detail, cause })
  }
}
