import { type ConfigFile, resolvePath } from '@sallyport/config'
import type { FeedKey } from '@sallyport/wire'
import { readNamedFile } from '../configuration/named-file.ts'

/** The file that `gateway.authority.feedKeysFile` names: a JWK Set (RFC 7517 §5). */
export function feedKeysText(set: { readonly keys: readonly FeedKey[] }): string {
  return `${JSON.stringify(set, undefined, 2)}\n`
}

/**
 * What the gateway of a configuration pins; undefined where it pins nothing.
 *
 * @throws Problem where the file that is named cannot be read
 */
export function pinnedFeedKeys(file: ConfigFile<Record<string, unknown>>): string | undefined {
  const { gateway } = file.value as { gateway?: { authority?: { feedKeysFile?: string } } }
  const named = gateway?.authority?.feedKeysFile
  return named && readNamedFile(resolvePath(file.directory, named), 'feedKeysFile')
}
