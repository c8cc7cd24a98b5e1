/**
 * Reads a list page by page, until it ends or there are enough.
 *
 * @param read one page of at most so many, from where the last one said that the next begins
 * @returns at most `limit` rows, and whether there are more
 */
export async function readPages<Row, Cursor>(
  limit: number,
  read: (
    wanted: number,
    cursor: Cursor | undefined,
  ) => Promise<{ rows: readonly Row[]; next: Cursor | undefined }>,
): Promise<{ rows: Row[]; isMore: boolean }> {
  const rows: Row[] = []
  let cursor: Cursor | undefined
  do {
    const page = await read(Math.min(maxPageRows, limit - rows.length), cursor)
    rows.push(...page.rows)
    cursor = page.next
  } while (cursor !== undefined && rows.length < limit)
  return { rows, isMore: cursor !== undefined }
}

/** What the admin API answers at once. */
const maxPageRows = 1_000
