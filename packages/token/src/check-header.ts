import { Problem } from '@sallyport/problem'
import type { ProviderRules } from './provider-rules.ts'

/**
 * Whether a token of this header may be verified at all: its algorithm is one of the provider's, it is
 * of the type that access tokens of the provider are, its `kid` is short, and it has no `crit`, for nothing that could be
 * named there is implemented. Keys and addresses of keys in the header (`jwk`, `jku`, `x5c`, `x5u`) are
 * never looked at (RFC 8725 §3.10).
 *
 * @throws Problem `token_algorithm_refused`, `token_type_wrong`, `token_malformed`
 */
export function checkHeader(
  header: Readonly<Record<string, unknown>>,
  { algorithms, tokenType }: { algorithms: readonly string[]; tokenType: TokenType },
): void {
  const algorithm = header['alg']
  if (typeof algorithm !== 'string' || !algorithms.includes(algorithm)) {
    throw new Problem('token_algorithm_refused', {
      expected: algorithms.join(', '),
      found: typeof algorithm === 'string' ? algorithm.slice(0, 20) : 'none',
    })
  }
  if (Object.hasOwn(header, 'crit')) {
    throw new Problem('token_malformed', { expected: 'no header crit', found: 'one' })
  }
  const keyId = header['kid'] ?? ''
  if (typeof keyId !== 'string' || keyId.length > maxKeyIdCharacters) {
    const expected = `kid: a text of at most ${maxKeyIdCharacters} characters`
    throw new Problem('token_malformed', { expected, found: 'something else' })
  }
  const type = typeOf(header['typ'])
  if (type === undefined || !types[tokenType].includes(type)) {
    throw new Problem('token_type_wrong', {
      expected: types[tokenType].map((name) => (name === '' ? 'none' : name)).join(', '),
      found: type === '' ? 'none' : (type?.slice(0, 40) ?? 'no text'),
    })
  }
}

/** What is taken for each type in the configuration; '' where there is no typ. */
type TokenType = ProviderRules['tokenType'] | 'logout+jwt' | 'logout JWT'
const types: Readonly<Record<TokenType, readonly string[]>> = {
  // OpenID Connect Back-Channel Logout 1.0 §2.4, §4.
  'logout+jwt': ['logout+jwt'],
  'logout JWT': ['logout+jwt', 'jwt', ''],
  'at+jwt': ['at+jwt'],
  JWT: ['jwt', 'at+jwt', ''],
  // No signature of theirs is verified here.
  opaque: [],
}

/** Only ever compared with those of the provider's keys. */
const maxKeyIdCharacters = 256

/** A media type, of which `application/` may be left out, in any case (RFC 7515 §4.1.9). */
function typeOf(typ: unknown): string | undefined {
  if (typ === undefined) return ''
  if (typeof typ !== 'string' || typ === '') return undefined
  return typ.toLowerCase().replace(/^application\//, '')
}
