import { isProblem } from '@sallyport/problem'
import { FeedOutOfStep } from './feed-freshness.ts'
import { FeedUnverified } from './feed-jws.ts'

/** What was heard makes no sense behind what is known: a new snapshot is needed. */
export class FeedBroken extends Error {}

/** The authority says less than it has said before: nothing of it is taken. */
export class FeedWentBack extends Error {}

/** Within an epoch numbers rise: whoever says a lower one repeats what was true before, or has lost what came since. */
export function refuseEarlier(
  told: { readonly epoch: string; readonly seq: number },
  known: { readonly epoch: string; readonly seq: number } | undefined,
): void {
  if (known === undefined || told.epoch !== known.epoch || told.seq >= known.seq) return
  throw new FeedWentBack(`change ${known.seq} is known, and the authority is at ${told.seq}`)
}

export function needsSnapshot(error: unknown): boolean {
  if (isProblem(error)) return error.code === 'feed_gone'
  if (error instanceof FeedUnverified || error instanceof FeedOutOfStep) return false
  // What cannot be read will not get better by asking for the same again.
  return (
    error instanceof FeedBroken ||
    error instanceof FeedWentBack ||
    error instanceof RangeError ||
    error instanceof SyntaxError
  )
}

/** Whether it is said that something was not believed, and not that nothing was heard. */
export function isUnverified(code: string | undefined): boolean {
  return code === 'feed_unverified' || code === 'feed_went_back'
}
