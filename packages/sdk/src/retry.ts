/** How often, and how long apart, a request that may be repeated is repeated. */
export type RetryPolicy = {
  /** Attempts in all, the first among them. */
  readonly attempts: number
  /** The wait before the second attempt is at most this, before the third twice this, and so on. */
  readonly baseMs: number
  /** No single wait is longer. A server that asks for more is obeyed by not trying again at all. */
  readonly maximumMs: number
}

export const defaultRetryPolicy: RetryPolicy = { attempts: 4, baseMs: 500, maximumMs: 30_000 }

/**
 * How long to wait after this failed attempt (1 is the first), or undefined to give up. Between half
 * and all of the exponential wait, so that phones that failed together do not come back together.
 */
export function retryDelayMs(
  policy: RetryPolicy,
  attempt: number,
  retryAfterMs: number | undefined,
  random: () => number,
): number | undefined {
  if (attempt >= policy.attempts) return undefined
  const wait = Math.min(policy.maximumMs, policy.baseMs * 2 ** (attempt - 1))
  const spread = wait * (0.5 + random() / 2)
  if (retryAfterMs === undefined) return spread
  return retryAfterMs > policy.maximumMs ? undefined : retryAfterMs + spread * 0.2
}

/** The Retry-After header (RFC 9110 §10.2.3), seconds or a date, as milliseconds from now at the server. */
export function parseRetryAfter(value: string | undefined, serverNow: number): number | undefined {
  if (value === undefined) return undefined
  if (/^\d{1,9}$/.test(value)) return Number(value) * 1000
  const at = Date.parse(value)
  return Number.isNaN(at) ? undefined : Math.max(0, at - serverNow)
}

export type Sleep = (milliseconds: number, signal: AbortSignal | undefined) => Promise<void>

/** Waits, or rejects with the reason of the signal. */
export const sleep: Sleep = (milliseconds, signal) =>
  new Promise((resolve, reject) => {
    if (signal?.aborted === true) {
      reject(signal.reason)
      return
    }
    const end = () => {
      signal?.removeEventListener('abort', abort)
      resolve()
    }
    const timer = setTimeout(end, milliseconds)
    const abort = () => {
      clearTimeout(timer)
      reject(signal?.reason)
    }
    signal?.addEventListener('abort', abort, { once: true })
  })
