import { findPassphrase } from '@sallyport/authority'
import { type ConfigFile, resolvePath } from '@sallyport/config'
import { certificatesFromPem, fileKeyProvider, type Issuer } from '@sallyport/pki'
import { isProblem, Problem } from '@sallyport/problem'
import { readNamedFile } from '../configuration/named-file.ts'
import { askPassphrase } from '../terminal/ask-passphrase.ts'
import type { Output } from '../terminal/output.ts'

/** What is read of the file here. */
type Value = {
  authority?: { keys?: { directory?: string; passphraseFile?: string } }
  admin?: { caFile?: string }
  gateway?: { authority?: { caFile?: string } }
}

/**
 * The service root with its key, to sign certificates of servers and gateways with. The key lies in the
 * directory of the keys, or in another one: that of the medium that it is kept on.
 *
 * @throws Problem `command_usage` where the file names no such thing; `key_missing`,
 *   `key_passphrase_required`, `key_passphrase_wrong`, `key_file_permissions`
 */
export async function openServiceRoot(
  file: ConfigFile<Record<string, unknown>>,
  keysDirectory: string | undefined,
  output: Output,
): Promise<Issuer> {
  const value = file.value as Value
  const keys = value.authority?.keys
  const caFile = value.admin?.caFile ?? value.gateway?.authority?.caFile
  const directory =
    keysDirectory ?? (keys?.directory && resolvePath(file.directory, keys.directory))
  if (directory === undefined || caFile === undefined) {
    throw new Problem('command_usage', {
      detail: `${file.path} does not say where the service root is`,
      expected:
        'authority.keys.directory or --keys, and admin.caFile: as `sallyport init` wrote them',
    })
  }
  const provider = fileKeyProvider({
    directory,
    passphrase: () =>
      findPassphrase({
        environment: process.env,
        file: keys?.passphraseFile && resolvePath(file.directory, keys.passphraseFile),
        ...(output.interactive ? { prompt: askPassphrase } : {}),
      }),
  })
  const key = await provider.open('service-root').catch((error: unknown) => {
    if (!isProblem(error) || error.code !== 'key_missing') throw error
    throw new Problem('key_missing', {
      detail: `the key of the service root is not in ${directory}`,
      expected:
        '--keys with the folder, or the mounted medium, where service-root.key.json is kept',
      cause: error,
    })
  })
  const path = resolvePath(file.directory, caFile)
  const certificate = certificatesFromPem(readNamedFile(path, 'caFile')).find(({ spki }) =>
    spki.equals(key.spki),
  )
  if (certificate !== undefined) return { certificate, key }
  throw new Problem('certificate_malformed', {
    detail: `${path} has no certificate of the key service-root in ${directory}`,
    expected: 'the service root that `sallyport init` made together with this key',
  })
}
