import type { VerifiedToken } from '@sallyport/token/verify'

const maxScopeCharacters = 1_000

/**
 * The value of Sallyport-User, which tells services whose token was verified: an item (RFC 9651 §3.3), the
 * subject, with the provider's name, the issuer, and the client and scopes where the token has them.
 *
 * `"alice"; provider="main"; issuer="https://id.example.com"; scope="accounts:read"`
 */
export function userField({ provider, issuer, subject, clientId, scopes }: VerifiedToken): string {
  const scope = scopes.join(' ')
  const parameters = [
    `provider=${textItem(provider)}`,
    `issuer=${textItem(issuer)}`,
    ...(clientId === undefined ? [] : [`client=${textItem(clientId)}`]),
    // A service that needs more scopes than that reads the token.
    ...(scope === '' || scope.length > maxScopeCharacters ? [] : [`scope=${textItem(scope)}`]),
  ]
  return [textItem(subject), ...parameters].join('; ')
}

/** A String (RFC 9651 §3.3.3), or where it has other characters than those of ASCII a Display String (§3.3.8). */
function textItem(text: string): string {
  if (/^[ -~]*$/.test(text)) return `"${text.replace(/[\\"]/g, '\\$&')}"`
  const escaped = Buffer.from(text, 'utf8').toString('latin1')
  return `%"${escaped.replace(/[^ !#$&-~]/g, (byte) => `%${byte.charCodeAt(0).toString(16).padStart(2, '0')}`)}"`
}
