/** Clocks of hosts differ: one that is an hour off is said, and breaks nothing. */
const toleranceMs = 2 * 3_600_000
/** More than any answer is on its way. */
const noticedMs = 5 * 60_000

/** Whether a time cannot have been: the clock was wrong then, or is now. */
export function isFromFuture(at: number, now: number): boolean {
  return at > now + toleranceMs
}

/**
 * When a list counts as fetched. One from the future was fetched at a time that nobody knows: it
 * counts as of 1970, too old by any policy.
 */
export function countedFetchTime(fetchedAt: number, now: number): number {
  return isFromFuture(fetchedAt, now) ? 0 : fetchedAt
}

/** How our clock differs from that of a server; undefined where it does not, or nobody knows. */
export function clockDifference(serverTime: number | undefined, now: number): string | undefined {
  if (serverTime === undefined || Math.abs(now - serverTime) < noticedMs) return undefined
  const minutes = Math.round(Math.abs(now - serverTime) / 60_000)
  const word = now > serverTime ? 'ahead of' : 'behind'
  return `the clock of the authority is ${minutes} minutes ${word} that of the publisher`
}
