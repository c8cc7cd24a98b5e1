import { accessSync, constants } from 'node:fs'
import path from 'node:path'

/** Where servers are installed that an ordinary user's PATH does not name. */
const systemDirectories = ['/usr/local/sbin', '/usr/sbin', '/sbin']

/** The absolute path of a program; undefined where it is not installed. */
export function findProgram(name: string): string | undefined {
  const directories = [...(process.env['PATH'] ?? '').split(path.delimiter), ...systemDirectories]
  return directories
    .map((directory) => path.join(directory, name))
    .find((file) => path.isAbsolute(file) && isExecutable(file))
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    // Not there, or not ours to run: either way it is not installed here.
    return false
  }
}
