/** First wait, and how often it is tripled until it is the longest: some eighteen attempts in three days. */
const firstMs = 5_000
const mostMs = 6 * 3_600_000
/** Part of a wait that is left to chance, so that receivers that were down are not called by all at once. */
const jitter = 0.2
/** What a receiver asks for is granted up to here. */
const mostAskedMs = 24 * 3_600_000
/** After so long without a success a receiver is called no more. */
export const giveUpAfterMs = 3 * 24 * 3_600_000

/**
 * How long is waited before the next attempt.
 *
 * @param failures in a row, at least one
 * @param askedMs what the receiver asked for
 * @param random from 0 to 1
 */
export function backoffMs(failures: number, askedMs: number | undefined, random: number): number {
  const plain = Math.min(mostMs, firstMs * 3 ** Math.min(failures - 1, 20))
  const waited = plain * (1 - jitter / 2 + jitter * random)
  return Math.round(Math.max(waited, Math.min(askedMs ?? 0, mostAskedMs)))
}

/** Milliseconds that a `Retry-After` asks for (RFC 9110 §10.2.3); undefined where it is none. */
export function retryAfterMs(text: string | undefined, now: number): number | undefined {
  if (text === undefined || text.length > 40) return undefined
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1_000
  const date = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} /.test(text)
    ? Date.parse(text)
    : Number.NaN
  return Number.isNaN(date) ? undefined : Math.max(0, date - now)
}
