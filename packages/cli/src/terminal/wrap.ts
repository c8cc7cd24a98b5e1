/**
 * A paragraph in lines of at most `columns` characters, as far as there are spaces to break at. The first line
 * begins with `first`, the others with as many spaces.
 */
export function wrap(text: string, first: string, columns = 80): string {
  const indent = ' '.repeat(first.length)
  const lines: string[] = []
  let line = first
  let isBegun = false
  for (const word of text.split(' ')) {
    if (isBegun && line.length + 1 + word.length > columns) {
      lines.push(line)
      line = `${indent}${word}`
    } else {
      line += isBegun ? ` ${word}` : word
    }
    isBegun = true
  }
  return [...lines, line].join('\n')
}
