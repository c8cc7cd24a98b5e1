import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { type IdKind, isId, newId } from '@sallyport/wire'

/**
 * A token as it is handed out: its id, `_`, and 32 random bytes in base64url. Only the id and a hash
 * are kept; a plain SHA-256 suffices for 256 random bits.
 */
export type SecretToken = { id: string; text: string; hash: string }

const secretLength = 43

export function makeSecretToken(kind: IdKind): SecretToken {
  const id = newId(kind)
  const secret = randomBytes(32).toString('base64url')
  return { id, text: `${id}_${secret}`, hash: hashOf(secret) }
}

/** The two halves of a token, or undefined where a text is not one. */
export function readSecretToken(
  kind: IdKind,
  text: string,
): { id: string; secret: string } | undefined {
  const at = text.length - secretLength - 1
  const id = text.slice(0, Math.max(0, at))
  const secret = text.slice(at + 1)
  if (at < 0 || text[at] !== '_' || !isId(kind, id) || !/^[A-Za-z0-9_-]+$/.test(secret)) {
    return undefined
  }
  return { id, secret }
}

/** Whether a secret is the one that was hashed, in constant time. */
export function isSecretOf(hash: string, secret: string): boolean {
  return timingSafeEqual(Buffer.from(hashOf(secret)), Buffer.from(hash))
}

function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('base64url')
}
