/**
 * Goes over a text that is JSON, for what `JSON.parse` hides: it takes the last of several members of one
 * name. Names are compared as they are after their escapes (`"\u0061"` is `"a"`).
 *
 * @param text JSON (RFC 8259): whatever is none gives a useless answer, but an answer
 * @returns the number of members of all objects in it
 * @throws RangeError where it is deeper, or has more members; SyntaxError where a name is there twice
 */
export function countMembers(
  text: string,
  { maxDepth, maxMembers }: { maxDepth: number; maxMembers: number },
): number {
  /** The names in each object that is open; undefined for an array. */
  const open: (Set<string> | undefined)[] = []
  let members = 0
  let isName = false
  for (let at = 0; at < text.length; at++) {
    const character = text[at]
    if (character === '"') {
      const end = endOfString(text, at)
      const names = open.at(-1)
      if (isName && names !== undefined) {
        if (++members > maxMembers) throw new RangeError(`more than ${maxMembers} members`)
        const name = nameOf(text.slice(at, end))
        if (names.has(name)) throw new SyntaxError('two members of one name')
        names.add(name)
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
  return members
}

/** After the closing quote of the string that begins at this one. */
function endOfString(text: string, start: number): number {
  let at = start + 1
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1
  return at + 1
}

function nameOf(literal: string): string {
  return literal.includes('\\') ? String(JSON.parse(literal)) : literal.slice(1, -1)
}
