import {
  type AuthorityConfig,
  authoritySections,
  checkAuthority,
  checkSigner,
} from '@sallyport/authority'
import type { ConfigFile } from '@sallyport/config'

/**
 * What no schema can say of the authority's part of a file: apps that would let in whoever asks,
 * identity providers and keys that are not there. Does nothing where there is no such part.
 *
 * @throws Problem `config_invalid`, `config_unreadable` and what else `checkAuthority` refuses with, each
 *   with its place
 */
export function checkAuthorityPart(file: ConfigFile<Record<string, unknown>>): void {
  if (file.value['authority'] === undefined) return
  const missing = authoritySections.find(({ key }) => file.value[key] === undefined)
  if (missing !== undefined) throw file.problem('', `"${missing.key}" is missing`)
  try {
    // Its sections are there, and the schema of the file is theirs.
    checkAuthority(file.value as AuthorityConfig, file)
    checkSigner(file.value as AuthorityConfig, file)
  } catch (error) {
    throw file.placed(error)
  }
}
