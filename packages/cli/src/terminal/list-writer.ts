import { once } from 'node:events'
import { jsonText } from './json-text.ts'
import { type Row, TableLayout } from './table.ts'

/**
 * Prints a list page by page, so that one of any length is never held: with --json one array, on one line, of what it is
 * given; otherwise what is shown of each, a row of a table or a line. A list that fails on the way leaves its array open.
 */
export type ListWriter = {
  page<Listed>(rows: readonly Listed[], shown: (row: Listed) => Row | string): Promise<void>
  /** `empty` is said on stderr where there was none; with --json the array says it. */
  end(empty: string): Promise<void>
}

export type ListStreams = {
  readonly stdout: NodeJS.WritableStream
  readonly stderr: NodeJS.WritableStream
}

export function jsonList({ stdout }: ListStreams): ListWriter {
  let begun = ''
  return {
    async page(rows) {
      for (const row of rows) {
        await writeOut(stdout, `${begun === '' ? '[' : ','}${jsonText(row)}`)
        begun = '['
      }
    },
    end: () => writeOut(stdout, begun === '' ? '[]\n' : ']\n'),
  }
}

export function textList(
  { stdout, stderr }: ListStreams,
  heading: (text: string) => string,
): ListWriter {
  let isEmpty = true
  const layout = new TableLayout(heading)
  return {
    async page(rows, shown) {
      if (rows.length === 0) return
      isEmpty = false
      const told = rows.map(shown)
      const cells = told.filter((row) => typeof row !== 'string')
      const lines = told.filter((row) => typeof row === 'string')
      await writeOut(stdout, `${cells.length > 0 ? layout.format(cells) : lines.join('\n')}\n`)
    },
    async end(empty) {
      if (isEmpty && empty !== '') await writeOut(stderr, `${empty}\n`)
    },
  }
}

/** Waits where whoever reads is slow: what they have not taken would fill the memory. */
export async function writeOut(stream: NodeJS.WritableStream, text: string): Promise<void> {
  if (!stream.write(text)) await once(stream, 'drain')
}
