import { createHash } from 'node:crypto'
import { issuedBase, tokenBase } from '@sallyport/wire'

/** The key in the feed of a subject, a session, or the `jti` of a token: unique within its issuer. */
export function issuedKey(issuer: string, value: string): string {
  return sha256(issuedBase(issuer, value))
}

/** The key in the feed of a token by its text, for what has no `jti`. */
export function tokenKey(token: string): string {
  return sha256(tokenBase(token))
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('base64url')
}
