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
