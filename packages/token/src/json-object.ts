import { readMembers } from './json-members.ts'

/** Deeper than anything that tokens, keys and metadata of providers have. */
const maxDepth = 16
const maxMembers = 2_000
const utf8 = new TextDecoder('utf-8', { fatal: true })

/**
 * A JSON object (RFC 8259) from bytes whose length was bounded: UTF-8, at most 16 deep, 2,000 members,
 * no name twice in one object (RFC 8725 §2.4, RFC 7519 §4), for two readers would see two different ones, and
 * none that needs escapes.
 *
 * @throws Error that says what is wrong, without what was read
 */
export function readJsonObject(bytes: Uint8Array): Record<string, unknown> {
  const { text } = readMembers(utf8.decode(bytes), { maxDepth, maxMembers })
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    // Its message repeats the text, which may be a secret.
    throw new SyntaxError('no JSON')
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new TypeError('no object')
  }
  return value as Record<string, unknown>
}
