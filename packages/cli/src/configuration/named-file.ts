import { readFileSync } from 'node:fs'
import { Problem } from '@sallyport/problem'

/**
 * The text of a small file that the configuration names.
 *
 * @throws Problem `config_unreadable`
 */
export function readNamedFile(file: string, setting: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause)
    throw new Problem('config_unreadable', { detail: `${setting}: ${file}: ${code}`, cause })
  }
}
