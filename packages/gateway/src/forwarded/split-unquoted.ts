/**
 * Splits at a separator, but not inside of quotes, where a backslash takes the character behind it for
 * itself. Quotes that are never closed stay in their piece, for the caller to refuse.
 */
export function splitUnquoted(text: string, separator: string): string[] {
  const parts: string[] = []
  let from = 0
  let isQuoted = false
  for (let at = 0; at < text.length; at++) {
    const character = text[at]
    if (isQuoted && character === '\\') at++
    else if (character === '"') isQuoted = !isQuoted
    else if (character === separator && !isQuoted) {
      parts.push(text.slice(from, at))
      from = at + 1
    }
  }
  parts.push(text.slice(from))
  return parts
}
