/**
 * The path of a request-target, in the one form that routes are matched in: percent-encoded
 * characters that need no encoding decoded, all others in upper-case hex.
 *
 * Whatever two parsers could read differently is refused, since the service reads the original bytes:
 * dot segments (also encoded, also with parameters, which some servers cut off first), encoded
 * slashes, backslashes, NUL and other controls, an encoded percent sign before two hex digits, ASCII in
 * more bytes than it takes (RFC 3629 §10), bytes that are no ASCII, a fragment.
 */
export type RequestPath =
  | { readonly path: string; readonly refused: undefined }
  | { readonly path: undefined; readonly refused: string }

const maxPathCharacters = 8_192

/** @param target origin-form, path and query as received */
export function requestPath(target: string): RequestPath {
  const query = target.indexOf('?')
  const raw = query < 0 ? target : target.slice(0, query)
  if (raw.length > maxPathCharacters) return refuse('a path of more than 8192 characters')
  if (target.includes('#')) return refuse('a fragment')
  if (raw.charCodeAt(0) !== slash) return refuse('a target that is no absolute path')
  // `//x/y` is a path to one reader, and host x with path /y to another (RFC 3986 §4.2).
  if (raw.charCodeAt(1) === slash) return refuse('a path that begins with two slashes')
  let isEncoded = false
  for (let index = 0; index < raw.length; index++) {
    const character = raw.charCodeAt(index)
    if (character === percent) isEncoded = true
    else if (character >= 128 || allowed[character] !== 1) {
      return refuse(`the character ${JSON.stringify(raw[index])} in the path`)
    }
  }
  const decoded = isEncoded ? decode(raw) : raw
  if (typeof decoded !== 'string') return decoded
  if (decoded.includes('/.') && dotSegment.test(decoded)) return refuse('a dot segment in the path')
  return { path: decoded, refused: undefined }
}

const dotSegment = /\/\.{1,2}(?:;[^/]*)?(?:\/|$)/

function decode(raw: string): string | RequestPath {
  let path = ''
  let from = 0
  for (let at = raw.indexOf('%'); at >= 0; at = raw.indexOf('%', from)) {
    const hex = raw.slice(at + 1, at + 3)
    if (!/^[0-9a-fA-F]{2}$/.test(hex)) return refuse('percent-encoding without two hex digits')
    const value = Number.parseInt(hex, 16)
    if (value < 0x20 || value === 0x7f) return refuse('an encoded control character')
    if (value === slash || value === backslash) return refuse('an encoded slash or backslash')
    const needsNone = value < 128 && unreserved[value] === 1
    path += raw.slice(from, at) + (needsNone ? String.fromCharCode(value) : `%${hex.toUpperCase()}`)
    from = at + 3
  }
  path += raw.slice(from)
  // Looked for in the outcome: the digits behind it may have been encoded themselves.
  if (encodedTwice.test(path)) return refuse('percent-encoding inside percent-encoding')
  return overlong.test(path) ? refuse('a character encoded in more bytes than it takes') : path
}

const encodedTwice = /%25[0-9a-fA-F]{2}/
const overlong = /%(?:C[01]%[89AB]|E0%[89]|F0%8)/

/**
 * The path as services read it that leave out path parameters (`;`, RFC 3986 §3.3) and empty segments;
 * undefined where that is the path itself.
 */
export function otherReading(path: string): string | undefined {
  if (!path.includes(';') && !path.includes('//')) return undefined
  return path.replace(/;[^/]*/g, '').replace(/\/{2,}/g, '/')
}

const slash = 0x2f
const backslash = 0x5c
const percent = 0x25

const alphanumeric = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'
/** RFC 3986 §2.3. */
const unreserved = characters(`${alphanumeric}-._~`)
/** RFC 3986 §3.3, and the square brackets, bar, quotes and braces that clients send unencoded. */
const allowed = characters(`${alphanumeric}-._~!$&'()*+,;=:@/[]|"{}^\``)

function characters(list: string): Uint8Array {
  const table = new Uint8Array(128)
  for (const character of list) table[character.charCodeAt(0)] = 1
  return table
}

function refuse(refused: string): RequestPath {
  return { path: undefined, refused }
}
