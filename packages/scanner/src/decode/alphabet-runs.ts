/**
 * Calls `found` for each longest run of characters of an alphabet that has at least `minimum` of them. Looks at one
 * character in `minimum` where there is none, and at none more than twice.
 *
 * @param alphabet 1 at the code of each ASCII character that belongs to it
 * @param found answers where to go on, at or after the run's end
 */
export function findRuns(
  text: string,
  alphabet: Uint8Array,
  minimum: number,
  found: (start: number, end: number) => number,
): void {
  let from = 0
  let probe = minimum - 1
  while (probe < text.length) {
    if (belongs(alphabet, text.charCodeAt(probe))) {
      let start = probe
      while (start > from && belongs(alphabet, text.charCodeAt(start - 1))) start -= 1
      const end = runEnd(text, alphabet, probe + 1)
      from = end - start >= minimum ? Math.max(end, found(start, end)) : end
    } else {
      from = probe + 1
    }
    probe = from + minimum - 1
  }
}

/** Where the run that goes through `index` ends. */
export function runEnd(text: string, alphabet: Uint8Array, index: number): number {
  let end = index
  while (end < text.length && belongs(alphabet, text.charCodeAt(end))) end += 1
  return end
}

/** Indexed by the code of a character, below 128: 1 where it belongs. */
export function alphabetOf(characters: string): Uint8Array {
  const alphabet = new Uint8Array(128)
  for (const character of characters) alphabet[character.charCodeAt(0)] = 1
  return alphabet
}

function belongs(alphabet: Uint8Array, code: number): boolean {
  return code < 128 && alphabet[code] === 1
}
