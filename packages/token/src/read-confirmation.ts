import { Problem } from '@sallyport/problem'
import { fromBase64url } from '@sallyport/wire'
import type { Confirmation } from './verified-token.ts'

const thumbprintBytes = 32

/** The methods of confirmation that can be checked here, and what they are called in `Confirmation`. */
const methods: Readonly<Record<string, keyof Confirmation>> = Object.assign(Object.create(null), {
  'x5t#S256': 'x5tS256',
  jkt: 'jkt',
})

/**
 * The claim `cnf` of a token (RFC 7800 §3.1): all its members are methods that are known here. One that
 * is not known binds the token to something nobody would check, so that it would pass for a bearer token.
 *
 * @throws Problem `token_confirmation_unknown`, `token_confirmation_hex`, `token_claims_invalid`
 */
export function readConfirmation(cnf: unknown): Confirmation {
  if (cnf === undefined) return {}
  if (typeof cnf !== 'object' || cnf === null || Array.isArray(cnf)) {
    throw invalid('cnf: an object')
  }
  const confirmation: { -readonly [method in keyof Confirmation]: Confirmation[method] } = {}
  for (const [name, value] of Object.entries(cnf)) {
    const method = methods[name]
    if (method === undefined) {
      throw new Problem('token_confirmation_unknown', {
        expected: `cnf with ${Object.keys(methods).join(' or ')}`,
        found: JSON.stringify(name.slice(0, 40)),
      })
    }
    confirmation[method] = thumbprint(name, value)
  }
  if (Object.keys(confirmation).length === 0) throw invalid('cnf: a method of confirmation')
  return confirmation
}

function thumbprint(name: string, value: unknown): string {
  if (typeof value !== 'string' || value.length > 200) throw invalid(`cnf.${name}: a text`)
  if (isHex(value)) {
    throw new Problem('token_confirmation_hex', {
      expected: `cnf.${name}: 32 bytes in base64url, 43 characters`,
      found: `${value.length} characters of hexadecimal`,
    })
  }
  if (fromBase64url(value)?.length !== thumbprintBytes) {
    throw invalid(`cnf.${name}: 32 bytes in base64url`)
  }
  return value
}

/** As digits, with colons between the bytes, or the digits once more in base64: all were seen in the field. */
function isHex(value: string): boolean {
  const isDigits = (text: string) => /^[0-9a-f]{64}$/i.test(text)
  return (
    isDigits(value.replaceAll(':', '')) || isDigits(Buffer.from(value, 'base64').toString('latin1'))
  )
}

function invalid(expected: string): Problem {
  return new Problem('token_claims_invalid', { expected, found: 'something else' })
}
