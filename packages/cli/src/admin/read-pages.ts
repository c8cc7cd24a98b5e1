/** What the admin API answers at once. */
const maxPageRows = 1_000

/** A page of at most so many rows, from where the last one said that the next begins; undefined at the end. */
export type ReadPage<Row, Cursor> = (
  wanted: number,
  cursor: Cursor | undefined,
) => Promise<{ readonly rows: readonly Row[]; readonly next: Cursor | undefined }>

/**
 * A list page by page, until it ends or there are enough.
 *
 * @param limit how many rows at most
 * @returns pages, each with whether there are more rows after it
 */
export async function* readPages<Row, Cursor>(
  limit: number,
  read: ReadPage<Row, Cursor>,
): AsyncGenerator<{ readonly rows: readonly Row[]; readonly isMore: boolean }> {
  let cursor: Cursor | undefined
  let count = 0
  do {
    const page = await read(Math.min(maxPageRows, limit - count), cursor)
    cursor = page.next
    count += page.rows.length
    yield { rows: page.rows, isMore: cursor !== undefined }
  } while (cursor !== undefined && count < limit)
}

/** The whole of a list that is known to fit into memory. */
export async function readAll<Row, Cursor>(read: ReadPage<Row, Cursor>): Promise<Row[]> {
  const rows: Row[] = []
  for await (const page of readPages(Number.POSITIVE_INFINITY, read)) rows.push(...page.rows)
  return rows
}
