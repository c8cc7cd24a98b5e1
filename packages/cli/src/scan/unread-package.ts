import { Problem } from '@sallyport/problem'
import type { ScanResult } from '@sallyport/scanner'
import { printable } from '../terminal/printable.ts'

/** Undefined where all was read that an app is nothing without: then that nothing was found says something. */
export function unreadProblem(
  file: string,
  { unread }: Pick<ScanResult, 'unread'>,
): Problem | undefined {
  const [first] = unread
  if (first === undefined) return undefined
  const more = unread.length === 1 ? '' : ` (and ${unread.length - 1} more: the report has them)`
  return new Problem('package_unreadable', {
    detail: `${printable(file)}: what was not found in it may be there all the same`,
    found: `${printable(`${first.path}: ${first.why}`)}${more}`,
  })
}
