import { Problem } from '@sallyport/problem'

/**
 * Refuses text with the character NUL, in a message that was parsed: PostgreSQL keeps no such text
 * (https://www.postgresql.org/docs/current/datatype-character.html), and nothing of ours has a use for it.
 *
 * @param text of the message: what holds no escape of NUL is not looked through
 * @throws Problem `message_malformed`
 */
export function refuseNul(message: unknown, text: string): void {
  // Unescaped, it is no JSON (RFC 8259 §7).
  if (text.includes(String.raw`\u0000`) && holdsNul(message)) throw malformed()
}

/** The same of an address, where it is percent-encoded. */
export function refuseNulInUrl(url: string): void {
  if (url.includes('%00')) throw malformed()
}

function holdsNul(value: unknown): boolean {
  if (typeof value === 'string') return value.includes('\u0000')
  if (typeof value !== 'object' || value === null) return false
  return Object.entries(value).some(([name, member]) => holdsNul(name) || holdsNul(member))
}

function malformed(): Problem {
  return new Problem('message_malformed', {
    expected: 'text without the character NUL',
    found: 'text with it',
  })
}
