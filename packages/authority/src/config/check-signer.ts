import { resolvePath } from '@sallyport/config'
import { signerSecretOf } from '../signer/process/signer-secret.ts'
import { passphraseOfFile, passphraseVariable, secretLineOf } from '../passphrase.ts'
import type { AuthorityConfig } from './authority-config.ts'
import type { CheckedFrom } from './check-authority.ts'
import { checkConfig } from './check-config.ts'
import { checkKeysConfig, type KeysConfig } from './keys-config.ts'
import { readNamedBytes } from './named-file.ts'

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
  const { keys } = config.authority
  signerSecretOf(directory, config.authority)
  checkKeysConfig(keys)
  checkNamedSecrets(keys, directory)
  const { passphraseFile } = keys
  // Where the environment has it, the file is not read.
  const isGiven = (environment[passphraseVariable] ?? '') !== ''
  if (isGiven || passphraseFile === undefined) return
  passphraseOfFile(resolvePath(directory, passphraseFile))
}

function checkNamedSecrets({ pkcs11, vault }: KeysConfig, directory: string): void {
  const path = ['authority', 'keys']
  if (pkcs11 !== undefined) {
    secretLineOf(resolvePath(directory, pkcs11.pinFile), [...path, 'pkcs11', 'pinFile'])
  }
  if (vault === undefined) return
  secretLineOf(resolvePath(directory, vault.tokenFile), [...path, 'vault', 'tokenFile'])
  if (vault.caFile !== undefined)
    readNamedBytes(directory, vault.caFile, [...path, 'vault', 'caFile'])
}
