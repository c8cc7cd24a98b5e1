import { readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const packages = fileURLToPath(new URL('../../../../', import.meta.url))

/**
 * The source of a test by its title: from the line with the title to the end of what it begins, a test, a
 * group of them, or a row of a table.
 *
 * @param file below `packages`
 * @returns undefined where no line of the file has the title
 */
export function namedTest(file: string, title: string): string | undefined {
  const lines = readFileSync(path.join(packages, file), 'utf8').split('\n')
  const start = lines.findIndex((line) => line.includes(title))
  if (start < 0) return undefined
  const indent = indentOf(lines[start] ?? '')
  const isEnd = (line: string) =>
    line.trim() !== '' &&
    (indentOf(line) < indent || (indentOf(line) === indent && /^\s*[}'\]]/.test(line)))
  const length = lines.slice(start + 1).findIndex(isEnd)
  return lines.slice(start, length < 0 ? undefined : start + 1 + length).join('\n')
}

function indentOf(line: string): number {
  return line.length - line.trimStart().length
}
