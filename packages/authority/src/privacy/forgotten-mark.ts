import { createHash } from 'node:crypto'

/**
 * What the audit log says of a user who was forgotten: nothing to whoever does not have the keyed hash that the user
 * is stored as, and to a backup that still has it, whom to forget again.
 *
 * @param id `hashed:…`
 * @returns SHA-256, base64url
 */
export function forgottenMark(id: string): string {
  const text = JSON.stringify(['sallyport forgotten user', id])
  return createHash('sha256').update(text).digest('base64url')
}
