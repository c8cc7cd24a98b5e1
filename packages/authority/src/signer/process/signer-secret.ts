import { resolvePath } from '@sallyport/config'
import type { SignerConfig } from '../../config/keys-config.ts'
import { secretLineOf } from '../../passphrase.ts'

/**
 * The secret that a configuration has signer and authority share; undefined where it has none.
 *
 * @throws Problem of `secretLineOf`
 */
export function signerSecretOf(
  directory: string,
  { signer: { secretFile } }: { signer: SignerConfig },
): string | undefined {
  if (secretFile === undefined) return undefined
  return secretLineOf(resolvePath(directory, secretFile), ['authority', 'signer', 'secretFile'])
}
