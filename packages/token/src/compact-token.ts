import { Problem } from '@sallyport/problem'
import { fromBase64url } from '@sallyport/wire'
import { readJsonObject } from './json-object.ts'

/** Real access tokens have one or two kilobytes; some with many groups have ten. */
export const maxTokenCharacters = 16_384

/** A token taken apart. Nothing in it is believed yet. */
export type CompactToken = {
  readonly header: Readonly<Record<string, unknown>>
  readonly claims: Readonly<Record<string, unknown>>
}

/**
 * Takes a JWT in compact form (RFC 7519 §7.2, RFC 7515 §7.1) apart, strictly: three parts of base64url
 * without padding and in their one accepted form, two JSON objects without duplicate members.
 *
 * @throws Problem `token_too_large` before anything is parsed, `token_malformed`
 */
export function readCompactToken(token: string): CompactToken {
  refuseTooLarge(token)
  const [header, claims, signature, ...more] = token.split('.', 4)
  if (header === undefined || claims === undefined || signature === undefined || more.length > 0) {
    throw malformed('three parts with a dot between them')
  }
  if (signature === '' || fromBase64url(signature) === undefined) {
    throw malformed('a signature in base64url')
  }
  return { header: readObject(header, 'header'), claims: readObject(claims, 'claims') }
}

/**
 * Whether a token can say nothing by itself, so that its provider has to be asked: it is one by its
 * characters (RFC 6750 §2.1), and not three parts of which the first could be a JSON object.
 *
 * @throws Problem `token_too_large`
 */
export function isOpaqueToken(token: string): boolean {
  refuseTooLarge(token)
  return /^[A-Za-z0-9._~+/-]+=*$/.test(token) && !/^e[w-z][^.]*\.[^.]*\.[^.]*$/.test(token)
}

function refuseTooLarge(token: string): void {
  if (token.length <= maxTokenCharacters) return
  throw new Problem('token_too_large', {
    expected: `at most ${maxTokenCharacters} characters`,
    found: `${token.length} characters`,
  })
}

function readObject(part: string, what: string): Record<string, unknown> {
  const bytes = fromBase64url(part)
  if (bytes === undefined) throw malformed(`its ${what} in base64url`)
  try {
    return readJsonObject(bytes)
  } catch (cause) {
    throw malformed(`its ${what} as a JSON object in which no name is there twice`, cause)
  }
}

/** What was found is not told: a token that nobody verified belongs in no log. */
function malformed(expected: string, cause?: unknown): Problem {
  return new Problem('token_malformed', { expected, found: 'something else', cause })
}
