import { isIP } from 'node:net'
import { domainToASCII } from 'node:url'

/** Names as they stand in certificates and in the platforms' files: lower case, ASCII, no address. */
const form =
  /^(?=.{1,253}$)(?!(?:.*\.)?(?:[0-9]+|0x[0-9a-f]*)$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*$/

/** IDNA is asked about words alone: of `a/../b` it would take the part before the path. */
const words = /^[\p{L}\p{M}\p{N}.-]+$/u

/**
 * A host as it is pinned: capitals, the dot of an absolute name and letters beyond ASCII (IDNA) are written as
 * certificates have them. Undefined where no such name is meant: an address, a wildcard, a URL.
 */
export function hostNameOf(text: string): string | undefined {
  const bare = text.replace(/\.$/, '')
  const name = words.test(bare) ? domainToASCII(bare) : ''
  // It makes addresses of some (0x7f.1, ①.2.3.4), and those are not pinned.
  return form.test(name) ? name : undefined
}

/** Why a text is no name of a host as it stands in a file; undefined where it is one. */
export function hostNameFault(text: string): string | undefined {
  const name = hostNameOf(text)
  if (name === text) return undefined
  if (name !== undefined) return `certificates have this name as ${name}`
  if (isIP(text.replace(/^\[|\]$/g, '')) !== 0) return 'an address is not pinned, only a name is'
  if (text.includes('*')) {
    return 'a name has no wildcard here: write it without, and "subdomains: one" or "any"'
  }
  return text.includes(':') || text.includes('/')
    ? 'a name stands here alone, without scheme, port or path: "port" is a member of its own'
    : 'this is no name of a host'
}
