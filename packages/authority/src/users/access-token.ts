import type { IncomingMessage } from 'node:http'
import { Problem } from '@sallyport/problem'

/**
 * The access token of a user in the header Authorization (RFC 6750 §2.1), or undefined where there is
 * no such header. Not checked: the token. It is a secret of the user's: it is verified, and neither
 * kept, logged nor put into a problem.
 *
 * @param rawHeaders of the request: Node leaves out all but the first of several Authorization headers
 * @throws Problem `token_header_invalid` where there are several, or one of another scheme
 */
export function readAccessToken({ rawHeaders }: IncomingMessage): string | undefined {
  const values = rawHeaders.filter(
    (_value, at) => at % 2 === 1 && rawHeaders[at - 1]?.toLowerCase() === 'authorization',
  )
  const [value] = values
  if (value === undefined) return undefined
  const token = /^Bearer +([A-Za-z0-9._~+/-]+=*)$/i.exec(value)?.[1]
  if (values.length > 1 || token === undefined) {
    throw new Problem('token_header_invalid', {
      expected: 'one header, Authorization: Bearer <token>',
      found: values.length > 1 ? `${values.length} of them` : 'another scheme, or no token',
    })
  }
  return token
}
