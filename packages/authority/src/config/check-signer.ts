import { resolvePath } from '@sallyport/config'
import { passphraseOfFile, passphraseVariable } from '../passphrase.ts'
import type { AuthorityConfig } from './authority-config.ts'
import type { CheckedFrom } from './check-authority.ts'
import { checkConfig } from './check-config.ts'

/**
 * What a signer refuses of a configuration which its schema allows, and the files that it alone reads. Not
 * checked: whether the passphrase opens the keys.
 *
 * @throws Problem `config_invalid`, `config_unreadable`, `key_file_permissions`,
 *   `key_passphrase_required`, each with the pointer of the member
 */
export function checkSigner(
  config: AuthorityConfig,
  { directory, environment = process.env }: CheckedFrom,
): void {
  checkConfig(config)
  const { passphraseFile } = config.authority.keys
  // Where the environment has it, the file is not read.
  const isGiven = (environment[passphraseVariable] ?? '') !== ''
  if (isGiven || passphraseFile === undefined) return
  passphraseOfFile(resolvePath(directory, passphraseFile))
}
