import { fstatSync, openSync, readFileSync, closeSync, constants } from 'node:fs'
import path from 'node:path'
import { type OpenGlass, parseOpenGlass } from './open-glass.ts'

const maxBytes = 256 * 1024
/** A pipe put there must not have the gateway wait for whoever writes into it. */
const readFlags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK

/** Where whoever breaks the glass says so, in the gateway's state directory. */
export function breakGlassFile(stateDirectory: string): string {
  return path.join(stateDirectory, 'break-glass.json')
}

/** Where the gateway says which of it is in force. */
export function breakGlassStatusFile(stateDirectory: string): string {
  return path.join(stateDirectory, 'break-glass.status.json')
}

/**
 * What the file says; nothing where there is none. Writing it is the whole of the permission, so it is
 * believed only where nobody but root and the gateway's own account can write it.
 *
 * @throws Error why it is not believed
 */
export function readBreakGlassFile(stateDirectory: string): OpenGlass[] {
  let handle: number
  try {
    handle = openSync(breakGlassFile(stateDirectory), readFlags)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
    throw error
  }
  try {
    const stats = fstatSync(handle)
    if (!stats.isFile()) throw new Error('it is no file')
    const { uid, mode, size } = stats
    const own = process.getuid?.()
    if (own !== undefined && uid !== own && uid !== 0) {
      throw new Error(`it belongs to user ${uid}, not to root or user ${own}`)
    }
    if (own !== undefined && (mode & 0o022) !== 0) throw new Error('others may write it: chmod 600')
    if (size > maxBytes) throw new RangeError(`it is larger than ${maxBytes} bytes`)
    return parseOpenGlass(JSON.parse(readFileSync(handle, 'utf8')))
  } finally {
    closeSync(handle)
  }
}
