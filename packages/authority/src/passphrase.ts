import { readFileSync, statSync } from 'node:fs'
import { configProblem, Problem } from '@sallyport/problem'

/** The variable that can hold the passphrase of the CA keys. */
export const passphraseVariable = 'SALLYPORT_PASSPHRASE'

export type PassphraseSources = {
  /** Absolute path. Its first line is the passphrase. */
  file?: string | undefined
  environment?: Readonly<Record<string, string | undefined>>
  /** Asks the person at the terminal. */
  prompt?: (() => Promise<string>) | undefined
}

/**
 * The passphrase of the CA keys: of the environment, else of the file, else of a person.
 *
 * @throws Problem `key_passphrase_required`, `config_unreadable`, `key_file_permissions` where others
 *   can read the file
 */
export async function findPassphrase(sources: PassphraseSources): Promise<string> {
  const given = sources.environment?.[passphraseVariable] ?? ''
  if (given !== '') return given
  if (sources.file !== undefined) return passphraseOfFile(sources.file)
  if (sources.prompt !== undefined) return sources.prompt()
  throw new Problem('key_passphrase_required', {
    expected: `keys.passphraseFile, ${passphraseVariable}, or a terminal`,
    found: 'none of them',
  })
}

/**
 * The passphrase in the file of `authority.keys.passphraseFile`.
 *
 * @throws Problem of `secretLineOf`
 */
export function passphraseOfFile(file: string): string {
  return secretLineOf(file, ['authority', 'keys', 'passphraseFile'])
}

/**
 * The secret that is the first line of a file which its owner alone can read.
 *
 * @param path where the file is named in the configuration
 * @throws Problem `key_passphrase_required` where it is empty, `config_unreadable`,
 *   `key_file_permissions`
 */
export function secretLineOf(file: string, path: readonly string[]): string {
  const pointer = `/${path.join('/')}`
  const { mode, text } = readSecretFile(file, path)
  if ((mode & 0o077) !== 0) {
    throw new Problem('key_file_permissions', {
      detail: file,
      expected: 'mode 0600',
      found: `mode 0${(mode & 0o777).toString(8)}`,
      pointer,
    })
  }
  const [line = ''] = text.split('\n')
  const secret = line.trimEnd()
  if (secret !== '') return secret
  throw new Problem('key_passphrase_required', { detail: `${file} is empty`, pointer })
}

function readSecretFile(file: string, path: readonly string[]): { mode: number; text: string } {
  try {
    return { mode: statSync(file).mode, text: readFileSync(file, 'utf8') }
  } catch (cause) {
    const said = cause instanceof Error ? cause.message : String(cause)
    throw configProblem('config_unreadable', path, said, { cause })
  }
}
