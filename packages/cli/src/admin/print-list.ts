import { Problem } from '@sallyport/problem'
import type { Input } from '../command.ts'
import { isGiven, numberOption } from '../input.ts'
import type { Output } from '../terminal/output.ts'
import type { Row } from '../terminal/table.ts'
import { type ReadPage, readPages } from './read-pages.ts'

const usualLimit = 100

export type PrintedList<Listed, Cursor> = {
  readonly read: ReadPage<Listed, Cursor>
  /** What a person is shown of a row; with --json it is the row itself. */
  readonly shown: (row: Listed) => Row | string
  /** Said where there is none. */
  readonly empty: string
  /** What --all says of this list, where it is not to have all of it. */
  readonly all?: 'has another meaning'
}

/**
 * Prints a list of the admin API as it comes, and says where there is more of it.
 *
 * @returns how many rows were printed
 * @throws Problem `command_usage`
 */
export async function printList<Listed, Cursor>(
  input: Input,
  output: Output,
  { read, shown, empty, all }: PrintedList<Listed, Cursor>,
): Promise<number> {
  const limit = limitOf(input, all === undefined && isGiven(input, 'all'))
  const list = output.list()
  let count = 0
  let isMore = false
  for await (const page of readPages(limit, read)) {
    await list.page(page.rows, shown)
    count += page.rows.length
    isMore = page.isMore
  }
  await list.end(empty)
  const further = all === undefined ? '--all, or --limit' : '--limit'
  if (isMore) output.say(`There are more: ${further} ${limit * 10}`)
  return count
}

function limitOf(input: Input, isAll: boolean): number {
  const limit = numberOption(input, 'limit', { least: 1, most: 1_000_000 })
  if (!isAll) return limit ?? usualLimit
  if (limit === undefined) return Number.POSITIVE_INFINITY
  throw new Problem('command_usage', { detail: 'Either --limit or --all', found: 'both of them' })
}

/** The answer of an operation with `nextCursor`, as {@link printList} reads it. */
export function pageOf<Listed>(
  rows: readonly Listed[],
  { nextCursor }: { readonly nextCursor?: string },
): { rows: readonly Listed[]; next: string | undefined } {
  return { rows, next: nextCursor }
}
