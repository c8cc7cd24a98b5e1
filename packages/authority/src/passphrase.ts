import { readFile, stat } from 'node:fs/promises'
import { Problem } from '@sallyport/problem'

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

async function passphraseOfFile(file: string): Promise<string> {
  const { mode } = await stat(file).catch((cause: Error) => {
    throw new Problem('config_unreadable', { detail: `${file}: ${cause.message}`, cause })
  })
  if ((mode & 0o077) !== 0) {
    throw new Problem('key_file_permissions', {
      detail: file,
      expected: 'mode 0600',
      found: `mode 0${(mode & 0o777).toString(8)}`,
    })
  }
  const [line = ''] = (await readFile(file, 'utf8')).split('\n')
  const passphrase = line.trimEnd()
  if (passphrase === '') {
    throw new Problem('key_passphrase_required', { detail: `${file} is empty` })
  }
  return passphrase
}
