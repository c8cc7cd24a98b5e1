import { printable } from './printable.ts'

/** A row by column. Columns are headed by their name, in the order of the first row. */
export type Row = Readonly<Record<string, string | number | boolean | null | undefined>>

/** Rows in aligned columns. */
export function formatTable(
  rows: readonly Row[],
  heading = (text: string): string => text,
): string {
  return new TableLayout(heading).format(rows)
}

/**
 * The columns of a table that is printed in parts: headed once, each at least as wide as in the part before. Control
 * characters in values are dropped, so that a name from outside cannot drive the terminal.
 */
export class TableLayout {
  readonly #heading: (text: string) => string
  #columns: readonly string[] | undefined
  #widths: number[] = []

  constructor(heading: (text: string) => string) {
    this.#heading = heading
  }

  /** @param rows at least one */
  format(rows: readonly Row[]): string {
    const isFirst = this.#columns === undefined
    const columns = (this.#columns ??= Object.keys(rows[0] ?? {}))
    const headings = columns.map(words)
    const cells = rows.map((row) => columns.map((column) => printable(row[column])))
    this.#widen([...(isFirst ? [headings] : []), ...cells])
    const lines = cells.map((line) => this.#lay(line))
    return (isFirst ? [this.#heading(this.#lay(headings)), ...lines] : lines).join('\n')
  }

  #widen(lines: readonly (readonly string[])[]): void {
    for (const line of lines) {
      for (const [index, cell] of line.entries()) {
        this.#widths[index] = Math.max(this.#widths[index] ?? 0, width(cell))
      }
    }
  }

  #lay(line: readonly string[]): string {
    return line
      .map((cell, index) => cell + ' '.repeat((this.#widths[index] ?? 0) - width(cell)))
      .join('  ')
      .trimEnd()
  }
}

function words(column: string): string {
  return column.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`).toUpperCase()
}

/** Characters, not bytes. Wide and combining ones are not told apart. */
function width(text: string): number {
  return [...text].length
}
