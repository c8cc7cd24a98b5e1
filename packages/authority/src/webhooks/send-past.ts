import type { Attempt } from './send-message.ts'
import type { Message } from './standard-webhooks.ts'

export type WaitingEvent = { readonly key: string; readonly message: Message }
export type Failed = Exclude<Attempt, { outcome: 'delivered' }>

/** What came of it: events that are over, the one of them that is passed over, and why; or the failure. */
export type SentPast = {
  readonly over: readonly string[]
  readonly refused?: { readonly key: string; readonly why: string }
  readonly failed?: Failed
}

/**
 * Sends one event alone, and where that fails the next, or a test where it is the last: where the receiver takes
 * that, the first is passed over. What had no answer at all is sent once more before: that may have been the network.
 *
 * @param attempt sends a message once
 * @param test an event that is of nothing
 */
export async function sendPast(
  [first, next]: readonly WaitingEvent[],
  attempt: (message: Message) => Promise<Attempt>,
  test: () => Message,
): Promise<SentPast> {
  if (first === undefined) return { over: [] }
  const failed = await attempt(first.message)
  if (failed.outcome === 'delivered') return { over: [first.key] }
  if (failed.outcome === 'gone') return { over: [], failed }
  const other = await attempt(next?.message ?? test())
  if (other.outcome !== 'delivered') return { over: [], failed }
  const taken = next === undefined ? [] : [next.key]
  const last = failed.status === undefined ? await attempt(first.message) : failed
  if (last.outcome === 'gone') return { over: taken, failed: last }
  const over = [first.key, ...taken]
  if (last.outcome === 'delivered') return { over }
  return { over, refused: { key: first.key, why: last.why } }
}
