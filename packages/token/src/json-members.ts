/** What a JSON text has beside its values. */
export type JsonMembers = {
  /** Of all objects in it. */
  readonly count: number
  /** The same text, with each name of a member written without escapes. */
  readonly text: string
}

/**
 * Goes over a text that is JSON, for what `JSON.parse` hides or mistakes: it takes the last of several
 * members of one name, and after another text with backslashes in a name was read, it reads names with
 * escapes as that one (nodejs/node#63785). Names are compared as they are after their escapes
 * (`"\u0061"` is `"a"`).
 *
 * @param text JSON (RFC 8259). Where it is none, neither is what is returned
 * @throws RangeError where it is deeper, or has more members; SyntaxError where a name is there twice, or
 *   cannot be written without escapes: quotes, backslashes, control characters, half a pair of surrogates
 */
export function readMembers(
  text: string,
  { maxDepth, maxMembers }: { maxDepth: number; maxMembers: number },
): JsonMembers {
  /** The names in each object that is open; undefined for an array. */
  const open: (Set<string> | undefined)[] = []
  let count = 0
  let isName = false
  let plain = ''
  let copied = 0
  for (let at = 0; at < text.length; at++) {
    const character = text[at]
    if (character === '"') {
      const end = endOfString(text, at)
      const names = open.at(-1)
      if (isName && names !== undefined) {
        if (++count > maxMembers) throw new RangeError(`more than ${maxMembers} members`)
        const literal = text.slice(at, end)
        const name = nameOf(literal)
        if (names.has(name)) throw new SyntaxError('two members of one name')
        names.add(name)
        if (literal.length !== name.length + 2) {
          plain += `${text.slice(copied, at)}"${name}"`
          copied = end
        }
      }
      isName = false
      at = end - 1
    } else if (character === '{' || character === '[') {
      if (open.length === maxDepth) throw new RangeError(`more than ${maxDepth} deep`)
      isName = character === '{'
      open.push(isName ? new Set() : undefined)
    } else if (character === '}' || character === ']') {
      open.pop()
      isName = false
    } else if (character === ',') {
      isName = open.at(-1) !== undefined
    }
  }
  return { count, text: plain + text.slice(copied) }
}

/** After the closing quote of the string that begins at this one. */
function endOfString(text: string, start: number): number {
  let at = start + 1
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1
  return at + 1
}

function nameOf(literal: string): string {
  if (!literal.includes('\\')) return literal.slice(1, -1)
  const name = String(JSON.parse(literal))
  if (JSON.stringify(name) !== `"${name}"`) throw new SyntaxError('a name that needs escapes')
  return name
}
