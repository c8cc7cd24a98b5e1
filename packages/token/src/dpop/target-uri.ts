/** What a URI is written in (RFC 3986 §2), percent signs among it. */
const uriCharacters = /^[!#$%&'()*+,\-./0-9:;=?@A-Z[\]_a-z~]+$/
const maxCharacters = 8_192

/**
 * A target URI in its one normal form, without query and fragment (RFC 9449 §4.3, 9; RFC 3986 §6.2.2 and
 * §6.2.3): scheme and host in lower case, no port that goes without saying, dot segments removed, percent-encoding
 * in upper case and only where it is needed, `/` for an empty path.
 *
 * @returns undefined where it is no URI of https or http, or brings a user name
 */
export function normalTargetUri(uri: string): string | undefined {
  if (uri.length > maxCharacters || !uriCharacters.test(uri)) return undefined
  const url = URL.parse(uri)
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:')) return undefined
  if (url.username !== '' || url.password !== '') return undefined
  return `${url.origin}${normalPercents(url.pathname)}`
}

/** `%2f` as `%2F`, `%7E` as `~`. What else is encoded stays so: `%2F` is no `/`. */
function normalPercents(path: string): string {
  if (!path.includes('%')) return path
  return path.replace(/%[0-9a-f]{2}/gi, (encoded) => {
    const character = String.fromCharCode(Number.parseInt(encoded.slice(1), 16))
    return /[A-Za-z0-9\-._~]/.test(character) ? character : encoded.toUpperCase()
  })
}
