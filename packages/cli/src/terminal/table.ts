import { printable } from './printable.ts'

/** A row by column. Columns are headed by their name, in the order of the first row. */
export type Row = Readonly<Record<string, string | number | boolean | null | undefined>>

/**
 * Rows in aligned columns. Control characters
 * in values are dropped, so that a name from outside cannot drive the terminal.
 */
export function formatTable(
  rows: readonly Row[],
  heading = (text: string): string => text,
): string {
  const columns = Object.keys(rows[0] ?? {})
  const cells = rows.map((row) => columns.map((column) => printable(row[column])))
  const headings = columns.map((column) => words(column))
  const widths = columns.map((_, index) =>
    Math.max(...[headings, ...cells].map((line) => width(line[index] ?? ''))),
  )
  const lay = (line: readonly string[]): string =>
    line
      .map((cell, index) => cell + ' '.repeat((widths[index] ?? 0) - width(cell)))
      .join('  ')
      .trimEnd()
  return [heading(lay(headings)), ...cells.map(lay)].join('\n')
}

function words(column: string): string {
  return column.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`).toUpperCase()
}

/** Characters, not bytes. Wide and combining ones are not told apart. */
function width(text: string): number {
  return [...text].length
}
