import { readFileSync } from 'node:fs'
import { resolvePath } from '@sallyport/config'
import { fileKeyProvider, type KeyProvider, layeredKeyProvider } from '@sallyport/pki'
import { pkcs11KeyProvider } from '@sallyport/pki/pkcs11'
import { vaultKeyProvider } from '@sallyport/pki/vault'
import type { AuthorityConfig } from '../config/authority-config.ts'
import type { KeysConfig } from '../config/keys-config.ts'
import { findPassphrase, secretLineOf } from '../passphrase.ts'
import type { StartOptions } from '../start-authority.ts'

export type OpenKeysOptions = Pick<StartOptions, 'directory' | 'promptPassphrase' | 'environment'>

/** Where the keys are, and what opens them. Those in files stay where they are when a token is configured. */
export function openKeys(
  { authority: { keys } }: Pick<AuthorityConfig, 'authority'>,
  options: OpenKeysOptions,
): KeyProvider {
  const { directory, environment = process.env, promptPassphrase: prompt } = options
  const file =
    keys.passphraseFile === undefined ? undefined : resolvePath(directory, keys.passphraseFile)
  const files = fileKeyProvider({
    directory: resolvePath(directory, keys.directory),
    passphrase: () => findPassphrase({ file, environment, prompt }),
  })
  const first = elsewhere(keys, directory)
  return first === undefined ? files : layeredKeyProvider(first, files)
}

function elsewhere({ pkcs11, vault }: KeysConfig, directory: string): KeyProvider | undefined {
  if (pkcs11 !== undefined) {
    const pinFile = resolvePath(directory, pkcs11.pinFile)
    return pkcs11KeyProvider({
      module: resolvePath(directory, pkcs11.module),
      token: pkcs11.token,
      pin: () => secretLineOf(pinFile, ['authority', 'keys', 'pkcs11', 'pinFile']),
    })
  }
  if (vault === undefined) return undefined
  const { address, mount, namespace, caFile } = vault
  const tokenFile = resolvePath(directory, vault.tokenFile)
  return vaultKeyProvider({
    address,
    mount,
    namespace,
    ca: caFile === undefined ? undefined : readFileSync(resolvePath(directory, caFile), 'utf8'),
    readToken: () => secretLineOf(tokenFile, ['authority', 'keys', 'vault', 'tokenFile']),
  })
}
