import { Problem } from '@sallyport/problem'
import { fromBase64url } from '@sallyport/wire'

/** Real access tokens have one or two kilobytes; some with many groups have ten. */
export const maxTokenCharacters = 16_384

/** A token taken apart. Nothing in it is believed yet. */
export type CompactToken = {
  readonly header: Readonly<Record<string, unknown>>
  readonly claims: Readonly<Record<string, unknown>>
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

/**
 * Takes a JWT in compact form (RFC 7519 §7.2, RFC 7515 §7.1) apart, strictly: three parts of base64url
 * without padding and in their one accepted form, two JSON objects.
 *
 * @throws Problem `token_too_large` before anything is parsed, `token_malformed`
 */
export function readCompactToken(token: string): CompactToken {
  if (token.length > maxTokenCharacters) {
    throw new Problem('token_too_large', {
      expected: `at most ${maxTokenCharacters} characters`,
      found: `${token.length} characters`,
    })
  }
  const [header, claims, signature, ...more] = token.split('.', 4)
  if (header === undefined || claims === undefined || signature === undefined || more.length > 0) {
    throw malformed('three parts with a dot between them')
  }
  if (signature === '' || fromBase64url(signature) === undefined) {
    throw malformed('a signature in base64url')
  }
  return { header: readObject(header, 'header'), claims: readObject(claims, 'claims') }
}

function readObject(part: string, what: string): Record<string, unknown> {
  const bytes = fromBase64url(part)
  if (bytes === undefined) throw malformed(`its ${what} in base64url`)
  let value: unknown
  try {
    value = JSON.parse(utf8.decode(bytes))
  } catch (cause) {
    throw malformed(`its ${what} in JSON`, cause)
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw malformed(`its ${what} as an object`)
  }
  return value as Record<string, unknown>
}

/** What was found is not told: a token that nobody verified belongs in no log. */
function malformed(expected: string, cause?: unknown): Problem {
  return new Problem('token_malformed', { expected, found: 'something else', cause })
}
