import { createPrivateKey, type KeyObject, type webcrypto } from 'node:crypto'

/** What every JWK has, from its first quote on. */
export const jwkMarker = '"kty'
const maxBeforeMarker = 4 * 1024
const maxAfterMarker = 12 * 1024

/**
 * The private JWK (RFC 7517) around a {@link jwkMarker} at this index, plain or within a string literal (`\"kty\"`). Members
 * of a JWK are flat, so that the nearest braces are its own.
 */
export function readJwk(
  text: string,
  marker: number,
): { key: KeyObject; index: number } | undefined {
  // Cut out first: a search that finds no brace would go through the whole text, for each marker again.
  const start = Math.max(0, marker - maxBeforeMarker)
  const around = text.slice(start, marker + maxAfterMarker)
  const from = around.lastIndexOf('{', marker - start)
  const until = around.indexOf('}', marker - start)
  if (from < 0 || until < 0) return undefined
  const literal = around.slice(from, until + 1)
  if (!/["']d\\?["']/.test(literal)) return undefined
  try {
    const key = JSON.parse(literal.replaceAll(/\\+(["n])/g, unescape)) as webcrypto.JsonWebKey
    return { key: createPrivateKey({ key, format: 'jwk' }), index: start + from }
  } catch {
    // Braces around something else, or a key that is none.
    return undefined
  }
}

const unescape = (_: string, character: string) => (character === 'n' ? ' ' : character)
