import { isProblem, Problem } from '@sallyport/problem'

const timeoutMs = 5_000
/** At once, for one app: devices that wait for a slow MDM must not keep all others waiting. */
const maxAtOnce = 32

/** Bounds what is asked of an MDM: in time, and how much at once. */
export type AskMdm = <T>(ask: (signal: AbortSignal) => Promise<T>) => Promise<T>

/**
 * Each asking throws Problem `mdm_unavailable` where it fails in any way that is no Problem of its own, and
 * `authority_busy` where too much is asked already.
 */
export function boundedAsking(whom: string): AskMdm {
  let asking = 0
  return async (ask) => {
    if (asking >= maxAtOnce) {
      throw new Problem('authority_busy', {
        expected: `at most ${maxAtOnce} questions to ${whom} at once`,
        found: 'one more',
        retryAfterSeconds: 5,
      })
    }
    asking++
    try {
      return await ask(AbortSignal.timeout(timeoutMs))
    } catch (error) {
      if (isProblem(error)) throw error
      throw new Problem('mdm_unavailable', {
        expected: `an answer of ${whom} within ${timeoutMs} ms`,
        found: error instanceof Error ? error.message.slice(0, 200) : 'none',
        retryAfterSeconds: 10,
        cause: error,
      })
    } finally {
      asking--
    }
  }
}

/** The members of a JSON object. Throws Error where it is none: that is no answer. */
export function membersOf(bytes: Uint8Array): Readonly<Record<string, unknown>> {
  const value: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'))
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as Readonly<Record<string, unknown>>
  }
  throw new Error('the answer is no JSON object')
}
