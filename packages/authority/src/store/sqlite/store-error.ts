import { Problem } from '@sallyport/problem'

/**
 * Primary result codes of SQLite that tell of the store and not of the statement
 * (https://sqlite.org/rescode.html).
 */
const unavailable = new Map([
  [5, 'another process holds the store'],
  [6, 'the store is locked'],
  [7, 'out of memory'],
  [8, 'the store is read-only'],
  [10, 'the disk failed'],
  [11, 'the store is damaged'],
  [13, 'the disk is full'],
  [14, 'the store cannot be opened'],
  [15, 'the store is locked'],
  [26, 'the file is not a store'],
])

/**
 * An error of SQLite as `store_unavailable`, where the store is at fault. Any other error is
 * returned as it is.
 */
export function sqliteError(error: unknown): unknown {
  const resultCode = sqliteResultCode(error)
  if (resultCode === undefined) return error
  const found = unavailable.get(resultCode & 0xff)
  if (found === undefined) return error
  return new Problem('store_unavailable', {
    expected: 'a store that can be written',
    found: `${found} (SQLite result ${resultCode})`,
    retryAfterSeconds: 5,
    cause: error,
  })
}

/** Whether another connection holds the lock that was asked for. */
export function isBusy(error: unknown): boolean {
  const resultCode = sqliteResultCode(error)
  return resultCode !== undefined && (resultCode & 0xff) === 5
}

function sqliteResultCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errcode' in error)) return undefined
  return typeof error.errcode === 'number' ? error.errcode : undefined
}
