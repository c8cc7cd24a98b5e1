import { forbiddenInValue } from '../forward/field-syntax.ts'
import type { RequestHead } from '../exchange/request-head.ts'
import type { Refusal } from '../pipeline/stage.ts'

/** The header fields of a request that a token and its proof come in. */
export type Credentials = {
  /** The one Authorization. */
  readonly authorization: string | undefined
  readonly authorizations: number
  /** The one DPoP. */
  readonly proof: string | undefined
  readonly proofs: number
}

/** Finds them in one walk over the fields of a request, as each request of a route with tokens pays for it. */
export function readCredentials({ rawHeaders }: RequestHead): Credentials {
  let authorization: string | undefined
  let authorizations = 0
  let proof: string | undefined
  let proofs = 0
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? ''
    // Of other lengths are nearly all names.
    if (name.length === 13 && name.toLowerCase() === 'authorization') {
      authorization = rawHeaders[index + 1]
      authorizations++
    } else if (name.length === 4 && name.toLowerCase() === 'dpop') {
      proof = rawHeaders[index + 1]
      proofs++
    }
  }
  return { authorization, authorizations, proof, proofs }
}

/** Under which scheme a token is presented. */
export type Scheme = 'Bearer' | 'DPoP'
const schemes: Readonly<Record<string, Scheme>> = Object.assign(Object.create(null), {
  bearer: 'Bearer',
  dpop: 'DPoP',
})

/** The token of an Authorization field. */
export type Credential = { readonly scheme: Scheme; readonly token: string }

/** More than any token that is taken, and the scheme. */
const maxCharacters = 16_384 + 16

/**
 * Takes an Authorization field apart (RFC 9110 §11.4): the scheme in any case, and the token, which is not
 * looked into.
 *
 * @returns undefined where it is of another scheme, and so brings no token
 */
export function readCredential(authorization: string): Credential | Refusal | undefined {
  const space = authorization.indexOf(' ')
  const name = space < 0 ? authorization : authorization.slice(0, space)
  const scheme = schemes[name.toLowerCase()]
  if (scheme === undefined) return schemeName.test(name) ? undefined : noScheme
  if (authorization.length > maxCharacters) {
    return {
      code: 'token_too_large',
      check: 'size',
      expected: `at most ${maxCharacters} characters`,
      found: `${authorization.length} characters`,
    }
  }
  const token = space < 0 ? '' : authorization.slice(space + 1).trim()
  // The whole field, too: it is sent on without another look, and `trim` takes line ends.
  if (tokenCharacters.test(token) && !forbiddenInValue.test(authorization)) {
    return { scheme, token }
  }
  return {
    code: 'token_header_invalid',
    check: 'authorization',
    expected: `${scheme}, a space, and a token`,
    found: token === '' ? 'no token' : 'something that is none, or more than one',
  }
}

/** RFC 9110 §5.6.2; empty where the field is. */
const schemeName = /^[!#$%&'*+.^_`|~0-9A-Za-z-]*$/

/** `Bearer`, a tab and a token is a token to some services: none that was not verified reaches them so. */
const noScheme: Refusal = {
  code: 'token_header_invalid',
  check: 'authorization',
  expected: 'the name of a scheme, and a space',
  found: 'something else',
}

/** RFC 6750 §2.1: `b64token`. */
const tokenCharacters = /^[A-Za-z0-9._~+/-]+=*$/

export const severalAuthorizations: Refusal = {
  code: 'token_header_invalid',
  check: 'authorization',
  expected: 'one Authorization field',
  found: 'several',
}

/**
 * Whether a query has a parameter `access_token` (RFC 6750 §2.3), whatever of its name is encoded. Such a
 * token is refused, and what stands in it is read no further.
 */
export function hasTokenInQuery(target: string): boolean {
  const question = target.indexOf('?')
  if (question < 0) return false
  // Nearly every query: the name stands nowhere in it, and nothing is encoded that could be it.
  if (!target.includes('access_token', question) && !target.includes('%', question)) return false
  return target
    .slice(question + 1)
    .split(/[&;]/)
    .some((parameter) => isTokenName(parameter.split('=', 1)[0] ?? ''))
}

function isTokenName(name: string): boolean {
  if (!name.includes('%')) return name === 'access_token'
  try {
    return decodeURIComponent(name) === 'access_token'
  } catch {
    return false
  }
}

export const tokenInQuery: Refusal = {
  code: 'token_in_query',
  check: 'query',
  expected: 'no access_token in the query',
  found: 'one',
}

export const tokenInForm: Refusal = {
  code: 'token_in_form',
  check: 'form',
  expected: 'no access_token in the form',
  found: 'one',
}
