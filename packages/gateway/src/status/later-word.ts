import type { Entry } from './packed-list.ts'

/** What nobody takes back. */
const finalStatuses: ReadonlySet<string> = new Set(['revoked', 'ended', 'withdrawn'])
/** What refuses nobody. */
export const harmlessStatuses: ReadonlySet<string> = new Set(['active', 'issued'])

/** Of two ends of tokens the one that ends more, whichever was told last; of anything else the last. */
export function later(before: Entry | undefined, entry: Entry): Entry {
  if (before?.status !== 'ended' || entry.status !== 'ended') return entry
  const until = Math.max(before.until, entry.until)
  return isSaid(entry, before) ? { ...entry, until } : { ...before, until }
}

/**
 * Whether what is told now settles an earlier word: it ends as much, or says that nothing has ended. Without a
 * time, all tokens are ended.
 */
export function isSaid(told: Entry, before: Entry): boolean {
  if (harmlessStatuses.has(told.status)) return true
  if (finalStatuses.has(before.status) && !finalStatuses.has(told.status)) return false
  const { issuedUntil = Number.MAX_SAFE_INTEGER } = told
  return issuedUntil >= (before.issuedUntil ?? Number.MAX_SAFE_INTEGER)
}
